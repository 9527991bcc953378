// Where the defects are looked for. Several share one scope, and so the one check that everything holds there in the services that ship.
import { marketplaceScenario, type Scope } from "../testing/marketplaceScenario.ts";

/** One order for the last lamp: a label that can be booked or not; a charge that is made, declined, or not answered. */
export const oneOrder: Scope = { orders: ["a"], shelves: { LAMP: 1 } };
export const oneOrderAsItShips = marketplaceScenario(oneOrder);

/** The same with a provider that cannot be reached: the charge is made, or certainly not. */
export const providerDown: Scope = { ...oneOrder, chargeEnds: ["ok", "notPerformed"] };
export const providerDownAsItShips = marketplaceScenario(providerDown);

/** A provider that cannot be reached, a second arrival of the order, and a worker that dies between a charge and its answer. */
export const workersDie: Scope = { ...providerDown, faults: 1 };
export const workersDieAsItShips = marketplaceScenario(workersDie);

/** Whoever placed the order places it again; a worker may die, too. */
export const retried: Scope = { ...oneOrder, faults: 1 };
export const retriedAsItShips = marketplaceScenario(retried);
