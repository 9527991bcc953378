// What must hold of the marketplace when workflows coordinate it: the invariants of marketplace.check.ts, asked in every state that the checkout
// and the services under it can come to, under the same faults. The definitions are those that ship.
import { answers, optional, scenario, workflowInvariants, type Scenario } from "@evenkeel/checker";
import { cardAnswers, ENDED, orderInvariants, orderOf, PRICES, stockInvariants } from "../testing/checkedShop.ts";
import { commandedInventory } from "../inventory/inventory.ts";
import { StockReleased, StockShelf } from "../inventory/messages.ts";
import { CustomerNotified, notifications } from "../notifications/notifications.ts";
import { CancelOrder, ListPrices, PlaceOrder } from "../orders/messages.ts";
import { Shipped } from "../shipping/messages.ts";
import { carrier } from "./carrier.ts";
import { checkout } from "./checkout.ts";
import { factsOf, replayCheckout } from "./checkoutJournal.ts";
import { desk } from "./desk.ts";
import { takeBack } from "./takeBack.ts";

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

const carrierAnswers = answers(carrier, {
  book: { ok: ({ input: { orderId } }) => ({ orderId, label: `label of ${orderId}` }), refused: { reason: "the order names no destination" } },
  void: { ok: ({ input }) => input },
  handOver: { ok: ({ input }) => input },
});

/** Everything that can happen to these orders. */
function orchestrated(scope: Scope): Scenario {
  const { units, cancelled = [], refundsFail = false, faults = 0 } = scope;
  const more = [cancelled.length > 0 ? `${cancelled.length} may be cancelled` : "", refundsFail ? "refunds may fail" : "", faults > 0 ? "with faults" : ""];
  return scenario({
    name: [`${scope.orders.length} of ${units} in stock, by workflow`, ...more.filter((one) => one !== "")].join(", "),
    system: [desk, checkout, takeBack, commandedInventory, notifications],
    given: [StockShelf({ sku: "LAMP", units }), ListPrices({ sku: "LAMP", months: [PRICES] })],
    when: [
      ...scope.orders.map((orderId) => PlaceOrder({ ...orderOf(orderId, null, [{ sku: "LAMP", quantity: 1 }]), country: "United Kingdom" })),
      ...cancelled.map((orderId) => optional(CancelOrder({ orderId }))),
    ],
    ports: [cardAnswers, carrierAnswers],
    faults: {
      duplicates: faults, crashes: faults,
      ports: {
        "card.charge": ["ok", "declined", "unknown-applied", "unknown-not-applied"],
        "card.refund": refundsFail ? ["ok", "refused"] : ["ok"],
        "carrier.book": ["ok", "refused"],
      },
    },
    observe: [CustomerNotified, StockReleased, Shipped],
    invariants: {
      ...workflowInvariants(checkout),
      ...stockInvariants,
      ...orderInvariants(true),
      "INV-6 only what is confirmed is shipped, and once": (s) => s.observed["order.shipped"].every(({ key, times }) =>
        times === 1 && replayed(s.checkout.runs, key) === "confirmed"),
      "INV-9 the journal of an order's checkout replays to its stored status": (s) => s.orders.order.every(({ key, status }) =>
        !ENDED.includes(status) || replayed(s.checkout.runs, key) === status),
    },
    eventually: {
      "INV-5 every order reaches its end, and nothing is left behind": (s) => s.deadLetters.length === 0 && s.calls.length === 0
        && scope.orders.every((orderId) => s.orders.order.some(({ key, status }) =>
          key === orderId && (ENDED.includes(status) || (refundsFail && s.checkout.runs.some((run) => run.key === key && run.status === "attention"))))),
      "INV-6 one customer message for each end": (s) => s.orders.order.every(({ key, status }) =>
        ENDED.includes(status) === s.notifications.notification.some((one) => one.key === key && one.outcome === status)
        && ENDED.includes(status) === s.observed["customer.notified"].some((one) => one.key === key && one.data.outcome === status)
        && (status === "confirmed") === s.observed["order.shipped"].some((one) => one.key === key)),
      "INV-8 a refund that is stuck is visible in its run": (s) => s.checkout.runs.every(({ status, journal }) =>
        status === "attention" || journal.every((entry, at) => entry.kind !== "undo" || journal.some((one) => one.kind === "settled" && one.of === at))),
      "INV-9 the journal of an order's checkout replays to its stored status": (s) => s.orders.order.every(({ key, status }) =>
        replayed(s.checkout.runs, key) === status),
    },
    sometimes: {
      "what may be cancelled is": (s) => cancelled.length === 0 || s.orders.order.some(({ status }) => status === "cancelled"),
      "what may be stuck is": (s) => !refundsFail || s.checkout.runs.some(({ status }) => status === "attention"),
      "too few for all": (s) => scope.orders.length <= units || s.orders.order.some(({ status }) => status === "rejected"),
      "an order is confirmed": (s) => s.orders.order.some(({ status }) => status === "confirmed"),
      "an order is compensated": (s) => s.orders.order.some(({ status }) => status === "compensated"),
    },
  });
}

type Runs = readonly { readonly key: string; readonly journal: Parameters<typeof factsOf>[0] }[];

function replayed(runs: Runs, orderId: string): string {
  return replayCheckout(factsOf(runs.find(({ key }) => key === orderId)?.journal ?? []));
}

/** For the last unit: with a second arrival of each order and a dying worker at last. */
export const lastUnit = [
  orchestrated({ orders: ["a"], units: 1, faults: 1 }), orchestrated({ orders: ["a", "b"], units: 1 }), orchestrated({ orders: ["a", "b"], units: 1, faults: 1 }),
];
/** Cancelled at any moment. */
export const cancellation = [
  orchestrated({ orders: ["a"], units: 1, cancelled: ["a"] }), orchestrated({ orders: ["a"], units: 1, cancelled: ["a"], faults: 1 }),
  orchestrated({ orders: ["a", "b"], units: 1, cancelled: ["a"] }),
];
/** The provider refuses to give money back. */
export const stuckRefund = orchestrated({ orders: ["a"], units: 1, refundsFail: true, faults: 1 });
