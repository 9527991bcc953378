// The marketplace as something to check: what arrives, what the outside does, and the invariants, asked in every state that its services can
// come to. How much happens is the scope; the services are those that ship, unless others are handed in. It explores nothing itself.
import { arrival, oneOf, optional, scenario, type Arrival, type AttemptName, type Scenario, type StatementTwin, type WhenEntry } from "@evenkeel/checker";
import { cardAnswers, ENDED, isSame, orderOf, PRICES, shopInvariants, type Order } from "./checkedShop.ts";
import { inventory } from "../inventory/inventory.ts";
import { StockReleased, StockShelf } from "../inventory/messages.ts";
import { CustomerNotified, notifications } from "../notifications/notifications.ts";
import { CancelOrder, ListPrices, PlaceOrder, type Line } from "../orders/messages.ts";
import { replay } from "../orders/orderState.ts";
import { orders } from "../orders/orders.ts";
import type { card } from "../payments/card.ts";
import { payments } from "../payments/payments.ts";
import { shipping } from "../shipping/shipping.ts";

const ONE_LAMP: readonly Line[] = [{ sku: "LAMP", quantity: 1 }];

export const shippingServices = { orders, inventory, payments, shipping, notifications };
/** The services under check: their definitions, whoever wrote the handlers. */
type Services = { readonly [Name in keyof typeof shippingServices]: Omit<(typeof shippingServices)[Name], "on" | "outcome"> };

export interface Scope {
  readonly orders: readonly string[];
  /** Of each order. Default: one lamp. */
  readonly lines?: readonly Line[];
  /** On each of these shelves before anybody orders. */
  readonly shelves: Readonly<Record<string, number>>;
  /** Who orders. Default: nobody knows. */
  readonly customer?: string;
  /** Orders that were confirmed before. */
  readonly before?: readonly { readonly orderId: string; readonly lines: readonly Line[] }[];
  /** Each has the shelves and the orders to itself. Default: the one that there is without tenants. */
  readonly tenants?: readonly string[];
  /** Orders that may be cancelled, at any time. */
  readonly cancelled?: readonly string[];
  /** Whatever else arrives. */
  readonly more?: readonly WhenEntry[];
  /** How a charge may end. Default: in every way but a certain failure. */
  readonly chargeEnds?: readonly AttemptName<typeof card.charge>[];
  /** Refunds may be refused by the provider, for ever. */
  readonly refundsFail?: boolean;
  /** Second arrivals and dying workers, for each order. */
  readonly faults?: number;
}

/** Own tables of services that have some. */
interface Tables { readonly tables: readonly string[]; readonly twins: Readonly<Record<string, StatementTwin<readonly string[]>>> }

/** Everything that can happen in this scope. */
export function marketplaceScenario(scope: Scope, services: Services = shippingServices, statements: Tables = { tables: [], twins: {} }): Scenario {
  const { lines = ONE_LAMP, shelves, customer = null, before = [], tenants = ["default"], cancelled = [], more = [], refundsFail = false, faults = 0 } = scope;
  const { chargeEnds = ["ok", "declined", "unknown-applied", "unknown-not-applied"] } = scope;
  const inEach = <One>(make: (at: (message: Arrival["message"]) => Arrival) => readonly One[]): One[] =>
    tenants.flatMap((tenant) => make((message) => arrival(message, { tenant })));
  // Where no order can be had, none is confirmed or compensated, and nothing is made of that.
  const isEnough = lines.every(({ sku, quantity }) => (shelves[sku] ?? 0) >= quantity);
  const isScarce = lines.some(({ sku, quantity }) => (shelves[sku] ?? 0) < quantity * scope.orders.length);
  return scenario({
    name: nameOf(scope),
    system: [services.orders, services.inventory, services.payments, services.shipping, services.notifications],
    given: inEach((at) => [
      ...Object.entries(shelves).flatMap(([sku, units]) => [at(StockShelf({ sku, units })), at(ListPrices({ sku, months: [PRICES] }))]),
      ...before.map((one) => at(PlaceOrder({ ...orderOf(one.orderId, customer, one.lines), country: "United Kingdom" }))),
    ]),
    when: [
      ...inEach((at) => scope.orders.map((orderId) => placed(orderOf(orderId, customer, lines), at))),
      ...inEach((at) => cancelled.map((orderId) => optional(at(CancelOrder({ orderId }))))),
      ...more,
    ],
    ports: [cardAnswers],
    faults: {
      duplicates: faults, crashes: faults,
      ports: { "card.charge": chargeEnds, "card.refund": refundsFail ? ["ok", "refused"] : ["ok"] },
    },
    observe: [CustomerNotified, StockReleased],
    statements,
    invariants: {
      ...shopInvariants(isEnough),
      "INV-9 the history of an order replays to its stored status": (s) => s.orders.order.every(({ status, history }) =>
        replay(history.map((one) => one.fact)) === status),
    },
    eventually: {
      "INV-5 every order reaches its end, and nothing is left behind": (s) => s.deadLetters.length === 0 && s.calls.length === 0
        && tenants.every((tenant) => scope.orders.every((orderId) => s.orders.order.some((one) => one.key === orderId && one.tenant === tenant
          && (ENDED.includes(one.status) || (refundsFail && one.status === "needs attention"))))),
      "INV-6 one customer message for each end": (s) => s.orders.order.every((order) =>
        (order.status === "needs attention") !== s.notifications.notification.some((one) => isSame(one, order) && one.outcome === order.status)),
      "INV-8 a refund that is stuck is visible in its order": (s) => s.payments.payment.every((paid) =>
        paid.state !== "refund stuck" || s.orders.order.some((one) => isSame(one, paid) && one.status === "needs attention")),
    },
    sometimes: {
      "what may be cancelled is": (s) => cancelled.length === 0 || s.orders.order.some(({ status }) => status === "cancelled"),
      "what may be stuck is": (s) => !refundsFail || s.payments.payment.some(({ state }) => state === "refund stuck"),
      "too few for all": (s) => !isScarce || s.orders.order.some(({ status }) => status === "rejected"),
      "an order is confirmed": (s) => !isEnough || s.orders.order.some(({ status }) => status === "confirmed"),
      "an order is compensated": (s) => !isEnough || s.orders.order.some(({ status }) => status === "compensated"),
    },
  });
}

/** An order whose label can be booked, or one that the carrier refuses. */
function placed(order: Order, at: (message: Arrival["message"]) => Arrival): WhenEntry {
  return oneOf(at(PlaceOrder({ ...order, country: "United Kingdom" })), at(PlaceOrder({ ...order, country: "Unspecified" })));
}

function nameOf({ orders: placing, shelves, tenants = [], cancelled = [], refundsFail = false, faults = 0 }: Scope): string {
  const more = [
    tenants.length > 1 ? `for each of ${String(tenants.length)} tenants` : "", cancelled.length > 0 ? `${String(cancelled.length)} may be cancelled` : "",
    refundsFail ? "refunds may fail" : "", faults > 0 ? "with faults" : "",
  ];
  return [`${String(placing.length)} of ${Object.values(shelves).join(" and ")} in stock`, ...more.filter((one) => one !== "")].join(", ");
}
