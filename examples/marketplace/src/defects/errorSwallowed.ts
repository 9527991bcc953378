// 3. A provider connection error was neither retried nor compensated: stock leaked. The platform tries again by itself, and a service without a
// handler for a call that was certainly not performed does not compile; what can still be written is one that does nothing.
import { service } from "evenkeel";
import { marketplaceScenario, shippingServices } from "../testing/marketplaceScenario.ts";
import { card } from "../payments/card.ts";
import { chargeOutcomes } from "../payments/charge.ts";
import { emits, entities, ports } from "../payments/context.ts";
import { payments } from "../payments/payments.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";
import { providerDown, providerDownAsItShips } from "./scopes.ts";

const changed = service("payments", { entities, ports, emits })
  .outcome(card.charge, { ...chargeOutcomes, notPerformed: () => undefined });

export const errorSwallowed: Defect = {
  kind: "3",
  failure: "A provider's connection error was neither retried nor compensated: stock leaked",
  planted: "payments does nothing where a charge was certainly not performed",
  broken: marketplaceScenario(providerDown, { ...shippingServices, payments: planted(payments, changed) }),
  sound: providerDownAsItShips,
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 7,
};
