// Inventory: holds stock for an order, sells it, puts it back. All lines of an order move together or not at all, in one handler
// run and so in one commit, and the hold's state says what was done already: nothing is held, sold or put back twice.
import { service, terminal } from "evenkeel";
import { OrderCancelling, OrderFailing, OrderPlaced, ReturnAccepted } from "../orders/messages.ts";
import { LabelBooked } from "../shipping/messages.ts";
import { emits, entities } from "./context.ts";
import { GoodsRestocked, StockRejected, StockReleased, StockReserved, StockShelf, StockSold } from "./messages.ts";
import { missingOf, move, release, shelvesOf } from "./shelves.ts";

export const inventory = service("inventory", { entities, emits })
  .on(StockShelf, async ({ sku, units }, { stock }) => {
    if ((await stock.get(sku)) !== undefined) throw terminal("SHELF_TAKEN", `SKU ${sku} is on the shelf already: skip this dead letter.`);
    stock.put(sku, { initial: units, onHand: units, held: 0, sold: 0 });
  })
  .on(OrderPlaced, async (order, context) => {
    const { stock, hold, holdLines, emit } = context;
    const { orderId, lines } = order;
    const [before, shelves] = await Promise.all([hold.get(orderId), shelvesOf(stock, lines)]);
    if (before !== undefined) return;
    const missing = missingOf(lines, shelves);
    if (missing.length > 0) {
      hold.put(orderId, { state: "rejected" });
      emit(StockRejected({ orderId, missing }));
      return;
    }
    const units = move(stock, lines, shelves, "onHand", "held");
    hold.put(orderId, { state: "held" });
    holdLines.put(orderId, { lines });
    emit(StockReserved({ orderId, customer: order.customer, country: order.country, pence: order.pence, units }));
  })
  .on(LabelBooked, async ({ orderId }, { stock, hold, holdLines, emit }) => {
    const [held, taken] = await Promise.all([hold.get(orderId), holdLines.get(orderId)]);
    // The order may have been cancelled while its label was booked: then nothing is held any more.
    if (held?.state !== "held" || taken === undefined) return;
    move(stock, taken.lines, await shelvesOf(stock, taken.lines), "held", "sold");
    hold.put(orderId, { state: "sold" });
    emit(StockSold({ orderId }));
  })
  .on(OrderFailing, async ({ orderId }, context) => {
    context.emit(StockReleased({ orderId, units: await release(orderId, context) }));
  })
  .on(OrderCancelling, async ({ orderId }, context) => {
    context.emit(StockReleased({ orderId, units: await release(orderId, context) }));
  })
  .on(ReturnAccepted, async ({ returnId, lines }, { stock, restock, emit }) => {
    if ((await restock.get(returnId)) !== undefined) return;
    move(stock, lines, await shelvesOf(stock, lines), "sold", "onHand");
    restock.put(returnId, { lines });
    emit(GoodsRestocked({ returnId, lines }));
  });
