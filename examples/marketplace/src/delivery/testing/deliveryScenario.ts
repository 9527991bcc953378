// A delivery as something to check: what arrives, what the outside does, and what is asked in every state that its run can come to. How much happens
// is the scope; the workflow is the one that ships, unless another is handed in. It explores nothing itself.
import { optional, reaction, scenario, workflowInvariants, type Scenario } from "@evenkeel/checker";
import { Delivered } from "../context.ts";
import { delivery } from "../delivery.ts";
import { reviews, warehouse } from "../ports.ts";
import { answersOf, type Failing } from "./deliveryAnswers.ts";
import { done } from "./deliveryFacts.ts";
import { deliveryInvariants } from "./deliveryInvariants.ts";

export interface Scope {
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
  /** Who reviews: all of them answer, or none; whichever answer comes first counts. Default: one approves, another does not. */
  readonly reviewers?: readonly ("approves" | "refuses")[];
}

/** Of everything that is asked, what has a name that begins so; null: all of it. */
function only<Property>(asked: string | null, properties: Readonly<Record<string, Property>>): Readonly<Record<string, Property>> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => asked === null || name.startsWith(asked)));
}

/** Everything that can happen to an order. @param asked what is asked of it: properties whose names begin so, or all. */
export function deliveryScenario(scope: Scope, workflow: typeof delivery = delivery, asked: string | null = null): Scenario {
  const { shipments, cancelled = false, failing = [], unsure = [], takeovers, faults = 0, reviewers = ["approves", "refuses"] } = scope;
  const ends = <Failure extends string>(operation: Failing, failure: Failure): readonly ("ok" | Failure | "unknown-applied" | "unknown-not-applied")[] => [
    "ok", ...(failing.includes(operation) ? [failure] : []),
    ...(unsure.some((one) => one === operation) ? ["unknown-applied", "unknown-not-applied"] as const : []),
  ];
  const more = [
    cancelled ? "may be cancelled" : "", failing.length > 0 ? `${failing.join(" and ")} may fail` : "", unsure.length > 0 ? `${unsure.join(" and ")} unsure` : "",
    takeovers === undefined ? "" : `${String(takeovers)} takeovers`, faults > 0 ? "with faults" : "", reviewers.length === 1 ? `its reviewer ${reviewers[0] ?? ""}` : "",
  ];
  const input = { orderId: "o", country: "France", lines: shipments.map(() => ({ sku: "LAMP", quantity: 1 })) };
  const { invariants, eventually } = deliveryInvariants(shipments);
  return scenario({
    name: [`a delivery in ${String(shipments.length)}`, ...more.filter((one) => one !== "")].join(", "),
    system: [workflow],
    when: [workflow.start({ id: "o", input }), ...(cancelled ? [optional(workflow.cancel({ id: "o", reason: "changed their mind" }))] : [])],
    reactions: [
      ...reviewers.map((does) => reaction(reviews.open, ({ input: { token } }) =>
        workflow.callback({ token, data: { approved: does === "approves", by: does === "approves" ? "Ada" : "Ben" } }))),
      ...shipments.map((shipmentId) => reaction(warehouse.notify, ({ input: told }) =>
        told.shipmentId === shipmentId ? workflow.callback({ token: told.token, data: { picked: true } }) : undefined)),
    ],
    ports: answersOf(shipments),
    faults: {
      duplicates: faults, crashes: faults, ...(takeovers === undefined ? {} : { takeovers }),
      ports: {
        "stock.reserve": ends("stock.reserve", "soldOut"), "bank.authorize": ends("bank.authorize", "declined"), "stock.commit": ends("stock.commit", "expired"),
        "bank.capture": ends("bank.capture", "declined"), "parcels.label": ends("parcels.label", "refused"), "parcels.ship": ends("parcels.ship", "refused"),
      },
    },
    observe: [Delivered],
    invariants: only(asked, { ...workflowInvariants(workflow), ...invariants }),
    eventually: only(asked, eventually),
    sometimes: {
      "all of it is delivered": (s) => done(s.provider["parcels.ship"]) === shipments.length,
      "a part of it is delivered": (s) => shipments.length === 1
        || s.delivery.runs.some(({ status }) => status === "completed" && done(s.provider["parcels.ship"]) < shipments.length),
      "what may be cancelled is": (s) => !cancelled || s.delivery.runs.some(({ status }) => status === "cancelled"),
    },
  });
}
