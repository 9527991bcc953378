// 8. A stale read of an idempotency record deleted another's live record. A handler that reads and deletes is one commit, which is refused when
// what it read has changed: within one message this cannot be written. In two it can. Here payments looks a day later for charges that are still
// under way, and has them charged anew in the next message, under the same key: which is harmless, unless the record that it deletes by then is
// another: that of a charge that must be given back. The sound form looks again before it deletes.
import { command, service } from "evenkeel";
import { z } from "zod";
import { StockReserved } from "../inventory/messages.ts";
import { marketplaceScenario, shippingServices, type Scope } from "../testing/marketplaceScenario.ts";
import { Customer, Id, Pence, Units } from "../orders/messages.ts";
import { chargeKey } from "../payments/card.ts";
import { startCharge } from "../payments/charge.ts";
import { emits, entities, ports } from "../payments/context.ts";
import { payments } from "../payments/payments.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";

const byOrder = (data: { readonly orderId: string }): string => data.orderId;
const SweepCharge = command("sweep-charge", { key: byOrder, data: z.object({ orderId: Id }) });
/** As it was read. */
const ChargeAnew = command("charge-anew", {
  key: byOrder,
  data: z.object({ orderId: Id, customer: Customer, country: z.string(), pence: Pence, units: Units }),
});
const DAY = 86_400_000;

/** @param looks whether the record that is deleted is still the one that was read. */
function sweeping(looks: boolean) {
  return service("payments", { entities, ports, emits: [...emits, SweepCharge, ChargeAnew] })
    .on(StockReserved, async (reserved, context) => {
      context.schedule(SweepCharge({ orderId: reserved.orderId }), { afterMs: DAY, name: "sweep" });
      await startCharge(reserved, chargeKey(reserved.orderId), context);
    })
    .on(SweepCharge, async ({ orderId }, { payment, emit }) => {
      const read = await payment.get(orderId);
      if (read?.state === "charging" && !read.giveBack) emit(ChargeAnew({ orderId, ...read }));
    })
    .on(ChargeAnew, async (read, context) => {
      const live = await context.payment.get(read.orderId);
      if (looks && (live?.state !== "charging" || live.giveBack)) return;
      context.payment.delete(read.orderId);
      await startCharge(read, chargeKey(read.orderId), context);
    });
}

const scope: Scope = { orders: ["a"], cancelled: ["a"], shelves: { LAMP: 1 }, chargeEnds: ["ok", "declined"] };

export const staleSweep: Defect = {
  kind: "8, stale read",
  failure: "A stale read of an idempotency record deleted another's live record",
  planted: "payments deletes the record of a charge that it read in the message before, whatever it says by now",
  broken: marketplaceScenario(scope, { ...shippingServices, payments: planted(payments, sweeping(false)) }),
  sound: marketplaceScenario(scope),
  mended: marketplaceScenario(scope, { ...shippingServices, payments: planted(payments, sweeping(true)) }),
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 18,
};
