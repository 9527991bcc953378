// The life of an order as a pure function of what happened to it: handlers store its result, the audit replays it.
// It refuses to know messages, documents or time.

/** Who has to answer before a failing or cancelled order is over. */
type Party = "inventory" | "payments" | "shipping";
type OrderStatus =
  | "refused" | "placed" | "reserved" | "paid" | "labelled" | "confirmed" | "rejected"
  | "failing" | "compensated" | "cancelling" | "cancelled" | "needs attention";

interface OrderState {
  readonly status: OrderStatus;
  /** How it will end once nobody is waited for; `null` while it goes forward. */
  readonly goal: "compensated" | "cancelled" | null;
  readonly waitsFor: readonly Party[];
}

/** The state of an order before anything happened to it. */
export const UNKNOWN_ORDER: OrderState = { status: "refused", goal: null, waitsFor: [] };

const FORWARD: Readonly<Record<string, Readonly<Record<string, OrderStatus>>>> = {
  "placed": { "stock.reserved": "reserved", "stock.rejected": "rejected" },
  "reserved": { "payment.captured": "paid", "payment.declined": "failing" },
  "paid": { "label.booked": "labelled", "label.failed": "failing" },
  "labelled": { "stock.sold": "confirmed" },
};

const ANSWERS: Readonly<Record<string, Party>> = {
  "stock.released": "inventory",
  "payment.refunded": "payments",
  "payment.nothing-to-refund": "payments",
  "label.voided": "shipping",
};

/**
 * The state after one more fact. A fact that comes too late to matter (a payment captured while the order is being cancelled)
 * leaves the state as it is: whoever reported it hears of the cancellation too, and answers that.
 *
 * @example advance({ status: "labelled", goal: null, waitsFor: [] }, "stock.sold").status // "confirmed"
 */
export function advance(state: OrderState, fact: string): OrderState {
  const { status, goal, waitsFor } = state;
  if (fact === "order.placed") return { status: "placed", goal: null, waitsFor: [] };
  const forward = FORWARD[status];
  if (forward !== undefined) {
    if (fact === "cancel-order") return { status: "cancelling", goal: "cancelled", waitsFor: ["inventory", "payments", "shipping"] };
    const next = forward[fact];
    if (next === undefined) return state;
    if (next === "failing") return { status: next, goal: "compensated", waitsFor: ["inventory", "payments"] };
    return { status: next, goal: null, waitsFor: [] };
  }
  if (goal === null || waitsFor.length === 0) return state;
  if (fact === "refund.stuck") return { ...state, status: "needs attention" };
  const party = ANSWERS[fact];
  if (party === undefined || !waitsFor.includes(party)) return state;
  const rest = waitsFor.filter((one) => one !== party);
  if (rest.length === 0) return { status: goal, goal, waitsFor: rest };
  // Only the refund can be stuck; once payments has answered, the order goes on.
  const going = party === "payments" ? (goal === "cancelled" ? "cancelling" : "failing") : status;
  return { status: going, goal, waitsFor: rest };
}

/** Replays a whole history. @example replay(["order.placed", "stock.rejected"]) // "rejected" */
export function replay(facts: readonly string[]): OrderStatus {
  let state = UNKNOWN_ORDER;
  for (const fact of facts) state = advance(state, fact);
  return state.status;
}
