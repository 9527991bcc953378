// What must hold of the marketplace whatever happens, in the services that ship. Each export goes from a narrow scope to a wide one; how far is
// for whoever explores them to say.
import { marketplaceScenario, type Scope } from "./testing/marketplaceScenario.ts";

const ONE: Scope = { orders: ["a"], shelves: { LAMP: 1 } };
const TWO: Scope = { orders: ["a", "b"], shelves: { LAMP: 1 } };

/** For the last unit: with a second arrival of each order and a dying worker at last. */
export const lastUnit = [marketplaceScenario({ ...ONE, faults: 1 }), marketplaceScenario(TWO), marketplaceScenario({ ...TWO, faults: 1 })];
/** Cancelled at any moment. */
export const cancellation = [marketplaceScenario({ ...ONE, cancelled: ["a"] }), marketplaceScenario({ ...ONE, cancelled: ["a"], faults: 1 })];
/** The provider refuses to give money back. */
export const stuckRefund = marketplaceScenario({ ...ONE, refundsFail: true, faults: 1 });
