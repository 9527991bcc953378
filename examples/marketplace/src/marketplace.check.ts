// What must hold of the marketplace whatever happens: its invariants, asked in every state that its services can come to under faults. The
// services are those that ship. Each export goes from a narrow scope to a wide one; how far is for whoever explores them to say.
import { answers, oneOf, optional, scenario, type Reductions, type Scenario, type WhenEntry } from "@evenkeel/checker";
import { inventory } from "./inventory/inventory.ts";
import { StockReleased, StockShelf } from "./inventory/messages.ts";
import { CustomerNotified, notifications } from "./notifications/notifications.ts";
import { CancelOrder, ListPrices, PlaceOrder } from "./orders/messages.ts";
import { replay } from "./orders/orderState.ts";
import { orders } from "./orders/orders.ts";
import { card } from "./payments/card.ts";
import { payments } from "./payments/payments.ts";
import { shipping } from "./shipping/shipping.ts";

const SKU = "LAMP";
const PENCE = 250;
const ENDED = ["confirmed", "rejected", "refused", "compensated", "cancelled"];

const REDUCED: Reductions = { partialOrder: true, retired: true };

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
  readonly reductions?: Reductions;
}

/** An order whose label can be booked, or one that the carrier refuses. */
function placed(orderId: string): WhenEntry {
  const order = { orderId, customer: null, orderedAt: "2011-03-04T10:00:00.000Z", lines: [{ sku: SKU, quantity: 1 }] };
  return oneOf(PlaceOrder({ ...order, country: "United Kingdom" }), PlaceOrder({ ...order, country: "Unspecified" }));
}

/** Everything that can happen to these orders. */
function marketplace(scope: Scope): Scenario {
  const { units, cancelled = [], refundsFail = false, faults = 0 } = scope;
  const more = [cancelled.length > 0 ? `${cancelled.length} may be cancelled` : "", refundsFail ? "refunds may fail" : "", faults > 0 ? "with faults" : "", scope.reductions === undefined ? "" : "reduced"];
  return scenario({
    name: [`${scope.orders.length} of ${units} in stock`, ...more.filter((one) => one !== "")].join(", "),
    system: [orders, inventory, payments, shipping, notifications],
    given: [
      StockShelf({ sku: SKU, units }),
      ListPrices({ sku: SKU, months: [{ month: "2011-03", changes: [{ from: "2011-03-01T00:00:00.000Z", pence: PENCE }] }] }),
    ],
    when: [...scope.orders.map(placed), ...cancelled.map((orderId) => optional(CancelOrder({ orderId })))],
    ports: [answers(card, {
      charge: { ok: ({ key }) => ({ chargeId: `charge of ${key}` }), declined: { reason: "no funds" } },
      refund: { ok: ({ key }) => ({ refundId: `refund of ${key}` }), refused: { reason: "nothing to refund" } },
    })],
    faults: {
      duplicates: faults, crashes: faults,
      ports: {
        "card.charge": ["ok", "declined", "unknown-applied", "unknown-not-applied"],
        "card.refund": refundsFail ? ["ok", "refused"] : ["ok"],
      },
    },
    ...(scope.reductions === undefined ? {} : { reductions: scope.reductions }),
    observe: [CustomerNotified, StockReleased],
    invariants: {
      "INV-1 stock is never negative and never appears or vanishes": ({ inventory: { stock, hold, holdLines } }) => stock.every((shelf) => {
        const used = { held: 0, sold: 0, released: 0, rejected: 0 };
        for (const { key, state } of hold) {
          for (const line of holdLines.find((one) => one.key === key)?.lines ?? []) if (line.sku === shelf.key) used[state] += line.quantity;
        }
        return Math.min(shelf.onHand, shelf.held, shelf.sold) >= 0 && shelf.onHand + shelf.held + shelf.sold === shelf.initial
          && shelf.held === used.held && shelf.sold === used.sold;
      }),
    },
    // What is said of an order, its payment and its hold, for each order alone.
    perKey: {
      invariants: {
        "INV-2 at most one captured charge per order": (s) => s.orders.order.every(({ key }) =>
          s.provider["card.charge"].filter((one) => one.input.orderId === key && one.applied > 0).length <= 1),
        "INV-3 compensated or cancelled: nothing held, nothing kept": {
          when: (s) => s.orders.order.some(({ status }) => status === "compensated" || status === "cancelled"),
          then: (s) => s.orders.order.every(({ key, status }) => (status !== "compensated" && status !== "cancelled")
            || (!s.inventory.hold.some((one) => one.key === key && (one.state === "held" || one.state === "sold")) && captured(s, key) === refunded(s, key))),
        },
        "INV-4 confirmed: exactly one charge of the right amount, hold consumed": {
          when: (s) => s.orders.order.some(({ status }) => status === "confirmed"),
          then: (s) => s.orders.order.every(({ key, status, pence }) => status !== "confirmed"
            || (captured(s, key) === pence && refunded(s, key) === 0 && s.inventory.hold.some((one) => one.key === key && one.state === "sold"))),
        },
        "INV-6 never two customer messages": (s) => s.notifications.notification.every(({ sent }) => sent === 1)
          && s.observed["customer.notified"].every((one) => one.times === 1),
        "INV-7 a release or refund is applied at most once": (s) => s.observed["stock.released"].every((one) => one.data.units === 0 || one.times === 1)
          && s.orders.order.every(({ key }) => refunded(s, key) <= captured(s, key)),
        "INV-9 the history of an order replays to its stored status": (s) => s.orders.order.every(({ status, history }) =>
          replay(history.map((one) => one.fact)) === status),
      },
      eventually: {
        "INV-5 every order reaches its end, and nothing is left behind": (s, orderId) => s.deadLetters.length === 0 && s.calls.length === 0
          && (!scope.orders.includes(orderId) || s.orders.order.some(({ status }) => ENDED.includes(status) || (refundsFail && status === "needs attention"))),
        "INV-6 one customer message for each end": (s) => s.orders.order.every(({ key, status }) =>
          (status === "needs attention") !== s.notifications.notification.some((one) => one.key === key && one.outcome === status)),
        "INV-8 a refund that is stuck is visible in its order": (s) => s.payments.payment.every(({ key, state }) =>
          state !== "refund stuck" || s.orders.order.some((one) => one.key === key && one.status === "needs attention")),
      },
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
/** The same with fewer orders of steps to see; the widest, in which one of the two may be cancelled, takes minutes. */
export const lastUnitReduced = [
  marketplace({ orders: ["a", "b"], units: 1, reductions: REDUCED }), marketplace({ orders: ["a", "b"], units: 1, faults: 1, reductions: REDUCED }),
  marketplace({ orders: ["a", "b"], units: 1, cancelled: ["a"], reductions: REDUCED }),
];
/** Cancelled at any moment. */
export const cancellation = [
  marketplace({ orders: ["a"], units: 1, cancelled: ["a"] }), marketplace({ orders: ["a"], units: 1, cancelled: ["a"], faults: 1 }),
];
/** The provider refuses to give money back. */
export const stuckRefund = marketplace({ orders: ["a"], units: 1, refundsFail: true, faults: 1 });

interface Ledger {
  readonly provider: {
    readonly "card.charge": readonly { readonly input: { readonly orderId: string; readonly pence: number }; readonly applied: number }[];
    readonly "card.refund": readonly { readonly input: { readonly orderId: string; readonly pence: number }; readonly applied: number }[];
  };
}

function captured({ provider }: Ledger, orderId: string): number {
  return provider["card.charge"].reduce((sum, one) => (one.input.orderId === orderId ? sum + one.applied * one.input.pence : sum), 0);
}

function refunded({ provider }: Ledger, orderId: string): number {
  return provider["card.refund"].reduce((sum, one) => (one.input.orderId === orderId ? sum + one.applied * one.input.pence : sum), 0);
}
