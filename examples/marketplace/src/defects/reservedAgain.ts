// 5. A multi-line reservation decremented line 1, failed on line 2, was tried again, and decremented line 1 again. In the platform the lines of
// one order are one commit, and a run that fails has written nothing: a handler cannot do this. What can still be written is a reservation in
// several messages, one for each line, that begins anew when a line is missing. What was held is kept by line; the sound form looks at that
// before it takes anything, the broken one takes.
import { command, service } from "evenkeel";
import { z } from "zod";
import { emits, entities } from "../inventory/context.ts";
import { inventory } from "../inventory/inventory.ts";
import { StockRejected, StockReserved } from "../inventory/messages.ts";
import { missingOf, release, shelvesOf, take } from "../inventory/shelves.ts";
import { marketplaceScenario, shippingServices, type Scope } from "../testing/marketplaceScenario.ts";
import { Customer, Id, Line, OrderPlaced, Pence } from "../orders/messages.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";

const ReserveLine = command("reserve-line", {
  key: (data) => data.orderId,
  data: z.object({ orderId: Id, customer: Customer, country: z.string(), pence: Pence, lines: z.array(Line), index: z.int(), tries: z.int() }),
});

/** @param looks whether a line that is held already is left alone. */
function lineByLine(looks: boolean) {
  return service("inventory", { entities, emits: [...emits, ReserveLine] })
    .on(OrderPlaced, async (order, { hold, emit }) => {
      if ((await hold.get(order.orderId)) === undefined) emit(ReserveLine({ ...order, index: 0, tries: 1 }));
    })
    .on(ReserveLine, async (order, context) => {
      const { stock, hold, holdLines, emit } = context;
      const { orderId, lines, index } = order;
      const line = lines.slice(index, index + 1);
      const [shelves, taken] = await Promise.all([shelvesOf(stock, line), holdLines.get(orderId)]);
      const others = (taken?.lines ?? []).filter((one) => one.sku !== line[0]?.sku);
      const isHeld = others.length < (taken?.lines.length ?? 0);
      const missing = isHeld && looks ? [] : missingOf(line, shelves);
      if (missing.length > 0) {
        if (order.tries < 2) return emit(ReserveLine({ ...order, index: 0, tries: order.tries + 1 }));
        await release(orderId, context);
        hold.put(orderId, { state: "rejected" });
        return emit(StockRejected({ orderId, missing }));
      }
      if (!isHeld || !looks) take(stock, line, shelves);
      hold.put(orderId, { state: "held" });
      holdLines.put(orderId, { lines: [...others, ...line] });
      if (index + 1 < lines.length) return emit(ReserveLine({ ...order, index: index + 1 }));
      emit(StockReserved({ ...order, units: lines.reduce((sum, one) => sum + one.quantity, 0) }));
    });
}

/** There are lamps, and no vases. */
const scope: Scope = { orders: ["a"], lines: [{ sku: "LAMP", quantity: 1 }, { sku: "VASE", quantity: 1 }], shelves: { LAMP: 2, VASE: 0 } };

export const reservedAgain: Defect = {
  kind: "5",
  failure: "A multi-line reservation failed on line 2, was tried again, and decremented line 1 again",
  planted: "inventory reserves in a message for each line, and does not look whether a line is held already",
  broken: marketplaceScenario(scope, { ...shippingServices, inventory: planted(inventory, lineByLine(false)) }),
  sound: marketplaceScenario(scope),
  mended: marketplaceScenario(scope, { ...shippingServices, inventory: planted(inventory, lineByLine(true)) }),
  property: "INV-1 stock is never negative and never appears or vanishes",
  steps: 6,
};
