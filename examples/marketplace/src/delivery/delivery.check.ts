// What must hold of a delivery whatever happens, in the workflow that ships: nothing is taken that is not given back, nothing leaves that is not paid
// for, and what a person must see is seen. Each export goes from a narrow scope to a wide one; how far is for whoever explores them to say.
import { deliveryScenario, type Scope } from "./testing/deliveryScenario.ts";

const ALL: Scope["failing"] = ["stock.reserve", "bank.authorize", "stock.commit", "bank.capture", "parcels.label", "parcels.ship"];
const ONE: Scope = { shipments: ["s-1"] };
const TWO: Scope = { shipments: ["s-1", "s-2"] };

/** One person reviews, who approves: two who say different things double what follows. */
const APPROVED: Pick<Scope, "reviewers"> = { reviewers: ["approves"] };

/** In one parcel: cancelled at any time, then with every failure that is declared, then with answers that are lost, and dying workers. */
export const oneParcel = [
  deliveryScenario({ ...ONE, cancelled: true }), deliveryScenario({ ...ONE, failing: ALL }),
  deliveryScenario({ ...ONE, cancelled: true, unsure: ["bank.capture", "parcels.ship"] }), deliveryScenario({ ...ONE, cancelled: true, failing: ALL, faults: 1 }),
];
/** In two parcels, of which one or both may be picked. */
export const twoParcels = [
  deliveryScenario({ ...TWO, ...APPROVED }), deliveryScenario(TWO), deliveryScenario({ ...TWO, failing: ["parcels.label", "parcels.ship"] }),
  deliveryScenario({ ...TWO, cancelled: true, failing: ["parcels.ship"] }),
];
/** Workers are lost with the calls that they hold. */
export const lostWorkers = [
  deliveryScenario({ ...ONE, ...APPROVED, takeovers: 1 }), deliveryScenario({ ...ONE, takeovers: 1, failing: ["bank.capture"] }),
  deliveryScenario({ ...TWO, ...APPROVED, takeovers: 1 }),
];
