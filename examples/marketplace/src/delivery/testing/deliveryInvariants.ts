// The invariants of a delivery, INV-1 to INV-8: of money, goods, labels, and what is told of them. Each can fail (delivery/defects).
import type { SystemState } from "@evenkeel/checker";
import type { Delivered } from "../context.ts";
import type { delivery } from "../delivery.ts";
import { penceOf } from "./deliveryAnswers.ts";
import { areSame, done, isApproved, needsPerson, parcelsOf, pence, picksOf, without } from "./deliveryFacts.ts";

type State = SystemState<readonly [typeof delivery], readonly [typeof Delivered]>;
type Holds = (state: State) => boolean;

interface DeliveryInvariants {
  readonly invariants: Readonly<Record<string, Holds | { readonly when: Holds; readonly then: Holds }>>;
  readonly eventually: Readonly<Record<string, Holds>>;
}

function priceOf(shipments: readonly string[]): number {
  return shipments.reduce((sum, one) => sum + penceOf(one), 0);
}

export function deliveryInvariants(shipments: readonly string[]): DeliveryInvariants {
  const total = priceOf(shipments);
  return {
    invariants: {
      "INV-1 nothing leaves that is not paid for, sold, approved and labelled": {
        when: ({ provider }) => done(provider["parcels.ship"]) > 0,
        then: ({ provider, delivery: { runs } }) => pence(provider["bank.capture"]) === total && done(provider["stock.commit"]) === 1
          && runs.every(isApproved) && without(parcelsOf(provider["parcels.ship"]), parcelsOf(provider["parcels.label"])).length === 0,
      },
      "INV-3 the customer never gets more back than was taken": ({ provider }) => pence(provider["bank.refund"]) <= pence(provider["bank.capture"]),
      "INV-6 a delivery is told at most once": ({ observed }) => observed["order.delivered"].every(({ times }) => times === 1) && observed["order.delivered"].length <= 1,
    },
    eventually: {
      "INV-2 what is taken is what left; of an order that is off, nothing": ({ provider, delivery: { runs } }) => needsPerson(runs)
        || pence(provider["bank.capture"]) - pence(provider["bank.refund"]) === priceOf(parcelsOf(provider["parcels.ship"])),
      "INV-4 an authorization is captured, or void": ({ provider }) =>
        done(provider["bank.void"]) === (done(provider["parcels.ship"]) > 0 ? 0 : done(provider["bank.authorize"])),
      "INV-5 every order reaches its end, or a person sees which parcel was refused": ({ provider, delivery: { runs }, deadLetters, calls }) =>
        deadLetters.length === 0 && calls.length === 0 && runs.length === 1
        && (runs.every(({ endedAt }) => endedAt !== null) || (needsPerson(runs) && provider["parcels.ship"].some(({ answer }) => answer === "refused"))),
      "INV-5 nobody is left to review an order that is off": ({ provider }) =>
        done(provider["reviews.close"]) === (done(provider["parcels.ship"]) > 0 ? 0 : done(provider["reviews.open"])),
      "INV-6 what is delivered is told as it is, and nothing else": ({ provider, observed, delivery: { runs } }) =>
        runs.every(({ status }) => observed["order.delivered"].length === (status === "completed" ? 1 : 0))
        && observed["order.delivered"].every(({ data: { shipped, paidBack } }) =>
          areSame(shipped, parcelsOf(provider["parcels.ship"])) && areSame(paidBack, without(shipments, shipped))),
      "INV-7 stock that is held is sold, or free again": ({ provider, delivery: { runs } }) => {
        const gone = parcelsOf(provider["parcels.ship"]);
        const isBack = done(provider["stock.release"]) === done(provider["stock.reserve"]) && done(provider["stock.uncommit"]) === done(provider["stock.commit"]);
        const isKept = done(provider["stock.release"]) + done(provider["stock.uncommit"]) === 0;
        return gone.length === 0 ? isBack : isKept && (needsPerson(runs) || areSame(parcelsOf(provider["stock.restock"]), without(shipments, gone)));
      },
      "INV-8 a parcel that does not leave has no label and no pick, and one that leaves keeps them": ({ provider, delivery: { runs } }) => {
        const gone = parcelsOf(provider["parcels.ship"]);
        const [voided, recalled] = [parcelsOf(provider["parcels.voidLabel"]), picksOf(provider["warehouse.recall"])];
        if (needsPerson(runs)) return [...voided, ...recalled].every((one) => !gone.includes(one));
        return areSame(voided, without(parcelsOf(provider["parcels.label"]), gone)) && areSame(recalled, without(parcelsOf(provider["warehouse.notify"]), gone));
      },
    },
  };
}
