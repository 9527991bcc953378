// 4. A charge whose outcome is unknown was treated as a failure. Here: payments gives the call up and says that the payment was declined, as
// if no answer were an answer. The explicit state between the two, unknown until it is reconciled, is what the shipping handler asks for.
import { service } from "evenkeel";
import { marketplaceScenario, shippingServices } from "../testing/marketplaceScenario.ts";
import { card } from "../payments/card.ts";
import { chargeOutcomes } from "../payments/charge.ts";
import { emits, entities, ports } from "../payments/context.ts";
import { payments } from "../payments/payments.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";
import { oneOrder, oneOrderAsItShips } from "./scopes.ts";

const changed = service("payments", { entities, ports, emits })
  .outcome(card.charge, {
    ...chargeOutcomes,
    unknown: (charge, context) => {
      context.abandon();
      return chargeOutcomes.notPerformed(charge, context);
    },
  });

export const unknownIsFailure: Defect = {
  kind: "4",
  failure: "A charge whose outcome is unknown was treated as a failure",
  planted: "payments abandons an unknown charge and says that it was declined",
  broken: marketplaceScenario(oneOrder, { ...shippingServices, payments: planted(payments, changed) }),
  sound: oneOrderAsItShips,
  property: "INV-3 compensated or cancelled: nothing held, nothing kept",
  steps: 12,
};
