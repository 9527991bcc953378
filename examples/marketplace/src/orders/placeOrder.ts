// Places an order: every line is priced from the catalogue, never by the client. An order with an unpriced line is refused as a whole.
import type { DataOf } from "evenkeel";
import { priceInMonth } from "../data/priceMonths.ts";
import type { DoorContext, OrdersContext } from "./context.ts";
import { priceKey } from "./listPrices.ts";
import { OrderPlaced, OrderRefused, type PlaceOrder } from "./messages.ts";
import { advance, UNKNOWN_ORDER } from "./orderState.ts";

type Taking = "order" | "orderLines" | "price" | "message" | "now" | "emit";

export function placeOrder(request: DataOf<typeof PlaceOrder>, context: Pick<OrdersContext, Taking>): Promise<void> {
  return takeOrder(request, context, (placed) => { context.emit(OrderPlaced(placed)); });
}

/** @param begin what a placed order sets in motion: it differs between the styles */
export async function takeOrder(
  request: DataOf<typeof PlaceOrder>, context: Pick<DoorContext, Taking>, begin: (placed: DataOf<typeof OrderPlaced>) => void,
): Promise<void> {
  const { order, orderLines, price, message, now, emit } = context;
  const { orderId, customer, country, orderedAt, lines } = request;
  const reads: ReturnType<typeof price.get>[] = [];
  for (const { sku } of lines) reads.push(price.get(priceKey(sku, orderedAt)));
  const [before, ...prices] = await Promise.all([order.get(orderId), ...reads]);
  if (before !== undefined) return;

  let pence = 0;
  const unpriced: string[] = [];
  const priced: { sku: string; quantity: number; pence: number; returned: number }[] = [];
  for (const [index, { sku, quantity }] of lines.entries()) {
    const each = priceInMonth(prices[index]?.changes ?? [], orderedAt);
    if (each === null) unpriced.push(sku);
    else {
      pence += each * quantity;
      priced.push({ sku, quantity, pence: each, returned: 0 });
    }
  }
  const of = { customer, orderedAt, reason: null, publishedAt: message.occurredAt };
  if (unpriced.length > 0) {
    const history = [{ at: now, fact: OrderRefused.name }];
    order.put(orderId, { ...of, status: "refused", goal: null, waitsFor: [], pence: 0, closedAt: now, history });
    emit(OrderRefused({ orderId, unpriced }));
    return;
  }
  const { status, goal, waitsFor } = advance(UNKNOWN_ORDER, OrderPlaced.name);
  const history = [{ at: now, fact: OrderPlaced.name }];
  order.put(orderId, { ...of, status, goal, waitsFor: [...waitsFor], pence, closedAt: null, history });
  orderLines.put(orderId, { lines: priced });
  begin({ orderId, customer, country, pence, lines });
}
