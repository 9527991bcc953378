// 8. An idempotency record stuck "in progress" after a crash. The door of the platform and its calls have no such state: a publish is remembered
// in the commit that appends it, and a call whose worker died is taken over. What can still be written is a record of one's own that nobody ends:
// payments keeps "charging" so that nobody charges again, and here it gives up a charge of which a dead worker left no word, and leaves it so.
import { service } from "evenkeel";
import { marketplaceScenario, shippingServices } from "../testing/marketplaceScenario.ts";
import { card } from "../payments/card.ts";
import { chargeOutcomes } from "../payments/charge.ts";
import { emits, entities, ports } from "../payments/context.ts";
import { payments } from "../payments/payments.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";
import { workersDie, workersDieAsItShips } from "./scopes.ts";

const changed = service("payments", { entities, ports, emits })
  .outcome(card.charge, { ...chargeOutcomes, unknown: (_charge, { abandon }) => { abandon(); } });

export const stuckInProgress: Defect = {
  kind: "8, in progress",
  failure: "An idempotency record was stuck \"in progress\" after a crash",
  planted: "payments abandons a charge whose worker died, and leaves the payment \"charging\"",
  broken: marketplaceScenario(workersDie, { ...shippingServices, payments: planted(payments, changed) }),
  sound: workersDieAsItShips,
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 8,
};
