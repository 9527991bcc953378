// The marketplace as something to check: what arrives, what the outside does, and the invariants, asked in every state that its services can
// come to. How much happens is the scope; the services are those that ship, unless others are handed in. It explores nothing itself.
import {
  answers, arrival, oneOf, optional, scenario, type Arrival, type AttemptName, type Reductions, type Scenario, type StatementTwin, type WhenEntry,
} from "@evenkeel/checker";
import type { DataOf } from "evenkeel";
import { inventory } from "../inventory/inventory.ts";
import { StockReleased, StockShelf } from "../inventory/messages.ts";
import { CustomerNotified, notifications } from "../notifications/notifications.ts";
import { CancelOrder, ListPrices, PlaceOrder, type Line } from "../orders/messages.ts";
import { replay } from "../orders/orderState.ts";
import { orders } from "../orders/orders.ts";
import { card } from "../payments/card.ts";
import { payments } from "../payments/payments.ts";
import { shipping } from "../shipping/shipping.ts";

const PENCE = 250;
const ENDED = ["confirmed", "rejected", "refused", "compensated", "cancelled"];
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
  /** What may be left out. Default: nothing. */
  readonly reductions?: Reductions;
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
    ports: [answers(card, {
      charge: { ok: ({ key }) => ({ chargeId: `charge of ${key}` }), declined: { reason: "no funds" } },
      refund: { ok: ({ key }) => ({ refundId: `refund of ${key}` }), refused: { reason: "nothing to refund" } },
    })],
    faults: {
      duplicates: faults, crashes: faults,
      ports: { "card.charge": chargeEnds, "card.refund": refundsFail ? ["ok", "refused"] : ["ok"] },
    },
    observe: [CustomerNotified, StockReleased],
    statements,
    ...(scope.reductions === undefined ? {} : { reductions: scope.reductions }),
    invariants: {
      "INV-1 stock is never negative and never appears or vanishes": ({ inventory: { stock, hold, holdLines } }) => stock.every((shelf) => {
        const used = { held: 0, sold: 0, released: 0, rejected: 0 };
        for (const one of hold) {
          if (one.tenant !== shelf.tenant) continue;
          for (const line of holdLines.find((taken) => isSame(taken, one))?.lines ?? []) if (line.sku === shelf.key) used[one.state] += line.quantity;
        }
        return Math.min(shelf.onHand, shelf.held, shelf.sold) >= 0 && shelf.onHand + shelf.held + shelf.sold === shelf.initial
          && shelf.held === used.held && shelf.sold === used.sold;
      }),
    },
    // What is said of an order, its payment and its hold, for each order alone.
    perKey: {
      invariants: {
        "INV-2 at most one captured charge per order": (s) => s.orders.order.every((order) =>
          s.provider["card.charge"].filter((one) => isOf(one, order) && one.applied > 0).length <= 1),
        "INV-3 compensated or cancelled: nothing held, nothing kept": {
          when: (s) => !isEnough || s.orders.order.some(({ status }) => status === "compensated" || status === "cancelled"),
          then: (s) => s.orders.order.every((order) => (order.status !== "compensated" && order.status !== "cancelled")
            || (!s.inventory.hold.some((one) => isSame(one, order) && (one.state === "held" || one.state === "sold"))
              && captured(s, order) === refunded(s, order))),
        },
        "INV-4 confirmed: exactly one charge of the right amount, hold consumed": {
          when: (s) => !isEnough || s.orders.order.some(({ status }) => status === "confirmed"),
          then: (s) => s.orders.order.every((order) => order.status !== "confirmed"
            || (captured(s, order) === order.pence && refunded(s, order) === 0 && s.inventory.hold.some((one) => isSame(one, order) && one.state === "sold"))),
        },
        "INV-6 never two customer messages": (s) => s.notifications.notification.every(({ sent }) => sent === 1)
          && s.observed["customer.notified"].every((one) => one.times === 1),
        "INV-7 a release or refund is applied at most once": (s) => s.observed["stock.released"].every((one) => one.data.units === 0 || one.times === 1)
          && s.orders.order.every((order) => refunded(s, order) <= captured(s, order)),
        "INV-9 the history of an order replays to its stored status": (s) => s.orders.order.every(({ status, history }) =>
          replay(history.map((one) => one.fact)) === status),
      },
      eventually: {
        "INV-5 every order reaches its end, and nothing is left behind": (s, orderId) => s.deadLetters.length === 0 && s.calls.length === 0
          && (!scope.orders.includes(orderId) || tenants.every((tenant) => s.orders.order.some((one) => one.key === orderId && one.tenant === tenant
            && (ENDED.includes(one.status) || (refundsFail && one.status === "needs attention"))))),
        "INV-6 one customer message for each end": (s) => s.orders.order.every((order) =>
          (order.status === "needs attention") !== s.notifications.notification.some((one) => isSame(one, order) && one.outcome === order.status)),
        "INV-8 a refund that is stuck is visible in its order": (s) => s.payments.payment.every((paid) =>
          paid.state !== "refund stuck" || s.orders.order.some((one) => isSame(one, paid) && one.status === "needs attention")),
      },
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

const PRICES = { month: "2011-03", changes: [{ from: "2011-03-01T00:00:00.000Z", pence: PENCE }] };

type Order = Omit<DataOf<typeof PlaceOrder>, "country">;

function orderOf(orderId: string, customer: string | null, lines: readonly Line[]): Order {
  return { orderId, customer, orderedAt: "2011-03-04T10:00:00.000Z", lines: [...lines] };
}

/** An order whose label can be booked, or one that the carrier refuses. */
function placed(order: Order, at: (message: Arrival["message"]) => Arrival): WhenEntry {
  return oneOf(at(PlaceOrder({ ...order, country: "United Kingdom" })), at(PlaceOrder({ ...order, country: "Unspecified" })));
}

function nameOf({ orders: placing, shelves, tenants = [], cancelled = [], refundsFail = false, faults = 0, reductions }: Scope): string {
  const more = [
    tenants.length > 1 ? `for each of ${String(tenants.length)} tenants` : "", cancelled.length > 0 ? `${String(cancelled.length)} may be cancelled` : "",
    refundsFail ? "refunds may fail" : "", faults > 0 ? "with faults" : "",
    reductions === undefined ? "" : "reduced",
  ];
  return [`${String(placing.length)} of ${Object.values(shelves).join(" and ")} in stock`, ...more.filter((one) => one !== "")].join(", ");
}

interface Keyed { readonly key: string; readonly tenant: string }

function isSame(one: Keyed, other: Keyed): boolean {
  return one.key === other.key && one.tenant === other.tenant;
}

interface Effect { readonly tenant: string; readonly input: { readonly orderId: string; readonly pence: number }; readonly applied: number }
interface Ledger { readonly provider: { readonly "card.charge": readonly Effect[]; readonly "card.refund": readonly Effect[] } }

function isOf(effect: Effect, order: Keyed): boolean {
  return effect.input.orderId === order.key && effect.tenant === order.tenant;
}

function captured({ provider }: Ledger, order: Keyed): number {
  return provider["card.charge"].reduce((sum, one) => (isOf(one, order) ? sum + one.applied * one.input.pence : sum), 0);
}

function refunded({ provider }: Ledger, order: Keyed): number {
  return provider["card.refund"].reduce((sum, one) => (isOf(one, order) ? sum + one.applied * one.input.pence : sum), 0);
}
