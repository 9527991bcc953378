// What must hold of the marketplace whatever happens: its invariants, asked in every state that its services can come to under faults. The
// services are those that ship. Each export goes from a narrow scope to a wide one; how far is for whoever explores them to say.
import { oneOf, optional, scenario, type Scenario, type WhenEntry } from "@evenkeel/checker";
import { anOrder, cardAnswers, ENDED, invariants, openShop } from "./checkedShop.ts";
import { inventory } from "./inventory/inventory.ts";
import { StockReleased } from "./inventory/messages.ts";
import { CustomerNotified, notifications } from "./notifications/notifications.ts";
import { CancelOrder } from "./orders/messages.ts";
import { replay } from "./orders/orderState.ts";
import { orders } from "./orders/orders.ts";
import { payments } from "./payments/payments.ts";
import { shipping } from "./shipping/shipping.ts";

interface Scope {
  readonly orders: readonly string[];
  /** On the shelf before anybody orders; each order is of one. */
  readonly units: number;
  /** Orders that may be cancelled, at any time. */
  readonly cancelled?: readonly string[];
  /** Refunds may be refused by the provider, for ever. */
  readonly refundsFail?: boolean;
  /** Second arrivals and dying workers, for each order. */
  readonly faults?: number;
}

/** An order whose label can be booked, or one that the carrier refuses. */
function placed(orderId: string): WhenEntry {
  return oneOf(anOrder(orderId, "United Kingdom"), anOrder(orderId, "Unspecified"));
}

/** Everything that can happen to these orders. */
function marketplace(scope: Scope): Scenario {
  const { units, cancelled = [], refundsFail = false, faults = 0 } = scope;
  const more = [cancelled.length > 0 ? `${cancelled.length} may be cancelled` : "", refundsFail ? "refunds may fail" : "", faults > 0 ? "with faults" : ""];
  return scenario({
    name: [`${scope.orders.length} of ${units} in stock`, ...more.filter((one) => one !== "")].join(", "),
    system: [orders, inventory, payments, shipping, notifications],
    given: openShop(units),
    when: [...scope.orders.map(placed), ...cancelled.map((orderId) => optional(CancelOrder({ orderId })))],
    ports: [cardAnswers],
    faults: {
      duplicates: faults, crashes: faults,
      ports: {
        "card.charge": ["ok", "declined", "unknown-applied", "unknown-not-applied"],
        "card.refund": refundsFail ? ["ok", "refused"] : ["ok"],
      },
    },
    observe: [CustomerNotified, StockReleased],
    invariants: {
      ...invariants,
      "INV-9 the history of an order replays to its stored status": (s) => s.orders.order.every(({ status, history }) =>
        replay(history.map((one) => one.fact)) === status),
    },
    eventually: {
      "INV-5 every order reaches its end, and nothing is left behind": (s) => s.deadLetters.length === 0 && s.calls.length === 0
        && scope.orders.every((orderId) => s.orders.order.some(({ key, status }) =>
          key === orderId && (ENDED.includes(status) || (refundsFail && status === "needs attention")))),
      "INV-6 one customer message for each end": (s) => s.orders.order.every(({ key, status }) =>
        (status === "needs attention") !== s.notifications.notification.some((one) => one.key === key && one.outcome === status)),
      "INV-8 a refund that is stuck is visible in its order": (s) => s.payments.payment.every(({ key, state }) =>
        state !== "refund stuck" || s.orders.order.some((one) => one.key === key && one.status === "needs attention")),
    },
    sometimes: {
      "what may be cancelled is": (s) => cancelled.length === 0 || s.orders.order.some(({ status }) => status === "cancelled"),
      "what may be stuck is": (s) => !refundsFail || s.payments.payment.some(({ state }) => state === "refund stuck"),
      "too few for all": (s) => scope.orders.length <= units || s.orders.order.some(({ status }) => status === "rejected"),
      "an order is confirmed": (s) => s.orders.order.some(({ status }) => status === "confirmed"),
      "an order is compensated": (s) => s.orders.order.some(({ status }) => status === "compensated"),
    },
  });
}

/** For the last unit: with a second arrival of each order and a dying worker at last. */
export const lastUnit = [
  marketplace({ orders: ["a"], units: 1, faults: 1 }), marketplace({ orders: ["a", "b"], units: 1 }), marketplace({ orders: ["a", "b"], units: 1, faults: 1 }),
];
/** Cancelled at any moment. */
export const cancellation = [
  marketplace({ orders: ["a"], units: 1, cancelled: ["a"] }), marketplace({ orders: ["a"], units: 1, cancelled: ["a"], faults: 1 }),
];
/** The provider refuses to give money back. */
export const stuckRefund = marketplace({ orders: ["a"], units: 1, refundsFail: true, faults: 1 });
