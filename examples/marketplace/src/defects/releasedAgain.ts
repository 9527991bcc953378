// 6. A multi-line release crashed half-way and, when it was tried again, added line 1 twice: phantom stock. In the platform the lines of one
// order go back in one commit, and a worker that dies before it has put back nothing: a handler cannot do this. What can still be written is a
// release in several messages, one for each line, with a timer that begins it anew where it is not done in time. A worker that died and one
// that is slow look the same to a timer. The sound form puts back only what the order still has; the broken one does not look.
import { command, service } from "evenkeel";
import { z } from "zod";
import { emits, entities } from "../inventory/context.ts";
import { inventory } from "../inventory/inventory.ts";
import { StockReleased } from "../inventory/messages.ts";
import { marketplaceScenario, shippingServices, type Scope } from "../testing/marketplaceScenario.ts";
import { Id, Line, OrderCancelling } from "../orders/messages.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";

const ReleaseLines = command("release-lines", {
  key: (data) => data.orderId,
  data: z.object({ orderId: Id, lines: z.array(Line), units: z.int() }),
});

/** @param looks whether a line that was put back already is left alone. */
function lineByLine(looks: boolean) {
  return service("inventory", { entities, emits: [...emits, ReleaseLines] })
    .on(OrderCancelling, async ({ orderId }, { hold, holdLines, emit, schedule }) => {
      const [held, taken] = await Promise.all([hold.get(orderId), holdLines.get(orderId)]);
      if ((held?.state !== "held" && held?.state !== "sold") || taken === undefined) return emit(StockReleased({ orderId, units: 0 }));
      const all = { orderId, lines: [...taken.lines], units: taken.lines.reduce((sum, one) => sum + one.quantity, 0) };
      emit(ReleaseLines(all));
      schedule(ReleaseLines(all), { afterMs: 60_000, name: "release" });
    })
    .on(ReleaseLines, async ({ orderId, lines: [line, ...rest], units }, { stock, hold, holdLines, emit, unschedule }) => {
      if (line === undefined) return;
      const [held, taken, shelf] = await Promise.all([hold.get(orderId), holdLines.get(orderId), stock.get(line.sku)]);
      if (taken === undefined || shelf === undefined) return;
      const others = taken.lines.filter((one) => one.sku !== line.sku);
      if (!looks || others.length < taken.lines.length) {
        stock.put(line.sku, { ...shelf, onHand: shelf.onHand + line.quantity });
        holdLines.put(orderId, { lines: others });
      }
      if (rest.length > 0) return emit(ReleaseLines({ orderId, lines: rest, units }));
      if (held?.state !== "held" && held?.state !== "sold") return;
      unschedule("release");
      hold.put(orderId, { state: "released" });
      emit(StockReleased({ orderId, units }));
    });
}

const scope: Scope = {
  orders: ["a"], cancelled: ["a"], lines: [{ sku: "LAMP", quantity: 1 }, { sku: "VASE", quantity: 1 }], shelves: { LAMP: 1, VASE: 1 },
  chargeEnds: ["ok", "declined"],
};

export const releasedAgain: Defect = {
  kind: "6",
  failure: "A multi-line release crashed half-way and, when it was tried again, added line 1 twice: phantom stock",
  planted: "inventory puts back in a message for each line, and does not look whether a line is back already",
  broken: marketplaceScenario(scope, { ...shippingServices, inventory: planted(inventory, lineByLine(false)) }),
  sound: marketplaceScenario(scope),
  mended: marketplaceScenario(scope, { ...shippingServices, inventory: planted(inventory, lineByLine(true)) }),
  property: "INV-1 stock is never negative and never appears or vanishes",
  steps: 9,
};
