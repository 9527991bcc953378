// What must hold of the marketplace whatever happens, in the services that ship. Each export goes from a narrow scope to a wide one; how far is
// for whoever explores them to say.
import type { Reductions } from "@evenkeel/checker";
import { marketplaceScenario, type Scope } from "./testing/marketplaceScenario.ts";

const REDUCED: Reductions = { partialOrder: true, retired: true };
const ONE: Scope = { orders: ["a"], shelves: { LAMP: 1 } };
const TWO: Scope = { orders: ["a", "b"], shelves: { LAMP: 1 } };

/** For the last unit: with a second arrival of each order and a dying worker at last. */
export const lastUnit = [marketplaceScenario({ ...ONE, faults: 1 }), marketplaceScenario(TWO), marketplaceScenario({ ...TWO, faults: 1 })];
/** The same with fewer orders of steps to see; at last one of the two may be cancelled, which takes a minute. */
export const lastUnitReduced = [
  marketplaceScenario({ ...TWO, reductions: REDUCED }), marketplaceScenario({ ...TWO, faults: 1, reductions: REDUCED }),
  marketplaceScenario({ ...TWO, cancelled: ["a"], reductions: REDUCED }),
];
/** Cancelled at any moment. */
export const cancellation = [marketplaceScenario({ ...ONE, cancelled: ["a"] }), marketplaceScenario({ ...ONE, cancelled: ["a"], faults: 1 })];
/** The provider refuses to give money back. */
export const stuckRefund = marketplaceScenario({ ...ONE, refundsFail: true, faults: 1 });
