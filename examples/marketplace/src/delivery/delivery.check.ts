// What must hold of a delivery whatever happens, in the workflow that ships: nothing is taken that is not given back, nothing leaves that is not paid
// for, and what a person must see is seen. The reviewer and the warehouse answer by the tokens that they were handed, or never.
import { answers, optional, reaction, scenario, workflowInvariants, type Scenario } from "@evenkeel/checker";
import { delivery } from "./delivery.ts";
import { Delivered } from "./context.ts";
import { bank, catalogue, parcels, reviews, stock, warehouse, type Shipment } from "./ports.ts";

interface Scope {
  readonly shipments: readonly string[];
  /** The customer may change their mind, at any time. */
  readonly cancelled?: boolean;
  /** Operations that may fail in a way that their port declares, as "bank.capture". */
  readonly failing?: readonly Failing[];
  /** Operations whose answer may be lost. */
  readonly unsure?: readonly ("bank.capture" | "parcels.ship")[];
  /** Workers are lost with the calls that they hold. */
  readonly takeovers?: number;
  /** Workers die between an effect and its outcome; the order arrives again. */
  readonly faults?: number;
}
type Failing = "stock.reserve" | "bank.authorize" | "stock.commit" | "bank.capture" | "parcels.label" | "parcels.ship";

const PENCE = 500;
const reason = { reason: "no" };

function shipmentOf(shipmentId: string): Shipment {
  return { shipmentId, lines: [{ sku: "LAMP", quantity: 1 }], pence: PENCE };
}

function providersOf(shipments: readonly string[]) {
  return [
    answers(catalogue, { validate: { ok: { pence: PENCE * shipments.length, shipments: shipments.map(shipmentOf) } } }),
    answers(stock, {
      reserve: { ok: ({ input }) => ({ reservationId: input.orderId }), soldOut: reason }, release: { ok: ({ input }) => input },
      commit: { ok: ({ input }) => input, expired: reason }, uncommit: { ok: ({ input }) => input },
      restock: { ok: ({ input: { reservationId } }) => ({ reservationId }) },
    }),
    answers(bank, {
      authorize: { ok: ({ input }) => ({ authorizationId: input.orderId }), declined: reason }, void: { ok: ({ input }) => input },
      capture: { ok: ({ input: { authorizationId, pence } }) => ({ captureId: authorizationId, pence }), declined: reason },
      refund: { ok: ({ input }) => input },
    }),
    answers(parcels, {
      label: { ok: ({ input: { shipmentId } }) => ({ shipmentId, label: `label of ${shipmentId}` }), refused: reason }, voidLabel: { ok: ({ input }) => input },
      ship: { ok: ({ input }) => input, refused: reason },
    }),
    answers(warehouse, { notify: { ok: ({ input: { shipmentId } }) => ({ pickId: shipmentId }) }, recall: { ok: ({ input }) => input } }),
    answers(reviews, { open: { ok: ({ input }) => ({ caseId: input.orderId }) }, close: { ok: ({ input }) => input } }),
  ];
}

/** Everything that can happen to an order. */
function delivering(scope: Scope): Scenario {
  const { shipments, cancelled = false, failing = [], unsure = [], takeovers, faults = 0 } = scope;
  const ends = <Failure extends string>(operation: Failing, failure: Failure): readonly ("ok" | Failure | "unknown-applied" | "unknown-not-applied")[] => [
    "ok", ...(failing.includes(operation) ? [failure] : []),
    ...(unsure.some((one) => one === operation) ? ["unknown-applied", "unknown-not-applied"] as const : []),
  ];
  const more = [
    cancelled ? "may be cancelled" : "", failing.length > 0 ? `${failing.join(" and ")} may fail` : "", unsure.length > 0 ? `${unsure.join(" and ")} unsure` : "",
    takeovers === undefined ? "" : `${String(takeovers)} takeovers`, faults > 0 ? "with faults" : "",
  ];
  const input = { orderId: "o", country: "France", lines: shipments.map(() => ({ sku: "LAMP", quantity: 1 })) };
  const total = PENCE * shipments.length;
  return scenario({
    name: [`a delivery in ${String(shipments.length)}`, ...more.filter((one) => one !== "")].join(", "),
    system: [delivery],
    when: [delivery.start({ id: "o", input }), ...(cancelled ? [optional(delivery.cancel({ id: "o", reason: "changed their mind" }))] : [])],
    reactions: [
      reaction(reviews.open, ({ input: { token } }) => delivery.callback({ token, data: { approved: true, by: "Ada" } })),
      // A second thought: whichever of the two comes first counts.
      reaction(reviews.open, ({ input: { token } }) => delivery.callback({ token, data: { approved: false, by: "Ben" } })),
      ...shipments.map((shipmentId) => reaction(warehouse.notify, ({ input: asked }) =>
        asked.shipmentId === shipmentId ? delivery.callback({ token: asked.token, data: { picked: true } }) : undefined)),
    ],
    ports: providersOf(shipments),
    faults: {
      duplicates: faults, crashes: faults, ...(takeovers === undefined ? {} : { takeovers }),
      ports: {
        "stock.reserve": ends("stock.reserve", "soldOut"), "bank.authorize": ends("bank.authorize", "declined"), "stock.commit": ends("stock.commit", "expired"),
        "bank.capture": ends("bank.capture", "declined"), "parcels.label": ends("parcels.label", "refused"), "parcels.ship": ends("parcels.ship", "refused"),
      },
    },
    observe: [Delivered],
    invariants: {
      ...workflowInvariants(delivery),
      "INV-1 nothing leaves that is not paid for, in stock and labelled": {
        when: (s) => done(s.provider["parcels.ship"]) > 0,
        then: (s) => done(s.provider["bank.capture"]) === 1 && done(s.provider["stock.commit"]) === 1
          && done(s.provider["parcels.ship"]) <= done(s.provider["parcels.label"]),
      },
      "INV-3 the customer never gets more back than was taken": (s) => paidBack(s.provider["bank.refund"]) <= total * done(s.provider["bank.capture"]),
      "INV-6 a delivery is told at most once": (s) => s.observed["order.delivered"].every(({ times }) => times === 1) && s.observed["order.delivered"].length <= 1,
    },
    eventually: {
      "INV-2 what is taken is what left; of an order that is off, nothing": (s) => s.delivery.runs.every(({ status }) =>
        status === "attention"
        || total * done(s.provider["bank.capture"]) - paidBack(s.provider["bank.refund"]) === PENCE * done(s.provider["parcels.ship"])),
      "INV-4 an authorization that is not captured is void": (s) => s.delivery.runs.every(({ status }) => status === "attention" || status === "completed"
        || done(s.provider["bank.void"]) === done(s.provider["bank.authorize"])),
      "INV-5 every order reaches its end, and nothing is left behind": (s) => s.deadLetters.length === 0 && s.calls.length === 0
        && s.delivery.runs.length === 1 && s.delivery.runs.every(({ endedAt, status }) => endedAt !== null || status === "attention"),
      "INV-6 what is delivered is told, and nothing else": (s) => s.delivery.runs.every(({ status }) =>
        (status === "completed") === (s.observed["order.delivered"].length === 1)),
      "INV-7 stock that is held is sold, or free again": (s) => s.delivery.runs.every(({ status }) => status === "completed" || status === "attention"
        || done(s.provider["stock.release"]) === done(s.provider["stock.reserve"])),
      "INV-8 a parcel that does not leave has no label and no pick": (s) => s.delivery.runs.every(({ status }) => status === "attention"
        || (done(s.provider["parcels.label"]) === done(s.provider["parcels.voidLabel"]) + done(s.provider["parcels.ship"])
          && done(s.provider["warehouse.notify"]) === done(s.provider["warehouse.recall"]) + done(s.provider["parcels.ship"]))),
    },
    sometimes: {
      "all of it is delivered": (s) => done(s.provider["parcels.ship"]) === shipments.length,
      "a part of it is delivered": (s) => shipments.length === 1
        || s.delivery.runs.some(({ status }) => status === "completed" && done(s.provider["parcels.ship"]) < shipments.length),
      "what may be cancelled is": (s) => !cancelled || s.delivery.runs.some(({ status }) => status === "cancelled"),
    },
  });
}

interface Effect { readonly applied: number }

function done(effects: readonly Effect[]): number {
  return effects.filter(({ applied }) => applied > 0).length;
}

function paidBack(refunds: readonly (Effect & { readonly input: { readonly pence: number } })[]): number {
  return refunds.reduce((sum, { applied, input }) => sum + applied * input.pence, 0);
}

const ALL: readonly Failing[] = ["stock.reserve", "bank.authorize", "stock.commit", "bank.capture", "parcels.label", "parcels.ship"];

/** In one parcel: cancelled at any time, then with every failure that is declared, then with answers that are lost, dying workers, and lost ones. */
export const oneParcel = [
  delivering({ shipments: ["s-1"], cancelled: true }), delivering({ shipments: ["s-1"], failing: ALL }),
  delivering({ shipments: ["s-1"], cancelled: true, unsure: ["bank.capture", "parcels.ship"] }),
  delivering({ shipments: ["s-1"], takeovers: 1, failing: ["bank.capture"] }), delivering({ shipments: ["s-1"], cancelled: true, failing: ALL, faults: 1 }),
];
/** In two parcels, of which one or both may be picked. */
export const twoParcels = [
  delivering({ shipments: ["s-1", "s-2"] }), delivering({ shipments: ["s-1", "s-2"], failing: ["parcels.label", "parcels.ship"] }),
  delivering({ shipments: ["s-1", "s-2"], cancelled: true, failing: ["parcels.ship"] }), delivering({ shipments: ["s-1", "s-2"], takeovers: 1 }),
];
