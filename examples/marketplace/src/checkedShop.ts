// The shop as checks of both styles see it: one SKU, orders of one unit each, a card provider, and the invariants that are the same whoever
// coordinates. Each style adds what only it can say.
import { answers } from "@evenkeel/checker";
import { StockShelf } from "./inventory/messages.ts";
import { ListPrices, PlaceOrder } from "./orders/messages.ts";
import { card } from "./payments/card.ts";

const SKU = "LAMP";
const PENCE = 250;
export const ENDED = ["confirmed", "rejected", "refused", "compensated", "cancelled"];

/** So many units on the shelf, and their price. */
export const openShop = (units: number) => [
  StockShelf({ sku: SKU, units }),
  ListPrices({ sku: SKU, months: [{ month: "2011-03", changes: [{ from: "2011-03-01T00:00:00.000Z", pence: PENCE }] }] }),
];

export const anOrder = (orderId: string, country: string) =>
  PlaceOrder({ orderId, customer: null, country, orderedAt: "2011-03-04T10:00:00.000Z", lines: [{ sku: SKU, quantity: 1 }] });

export const cardAnswers = answers(card, {
  charge: { ok: ({ key }) => ({ chargeId: `charge of ${key}` }), declined: { reason: "no funds" } },
  refund: { ok: ({ key }) => ({ refundId: `refund of ${key}` }), refused: { reason: "nothing to refund" } },
});

interface Effect { readonly input: { readonly orderId: string; readonly pence: number }; readonly applied: number }
interface Line { readonly sku: string; readonly quantity: number }

/** What the invariants look at. */
export interface Shop {
  readonly orders: { readonly order: readonly { readonly key: string; readonly status: string; readonly pence: number }[] };
  readonly inventory: {
    readonly stock: readonly { readonly key: string; readonly initial: number; readonly onHand: number; readonly held: number; readonly sold: number }[];
    readonly hold: readonly { readonly key: string; readonly state: "held" | "sold" | "released" | "rejected" }[];
    readonly holdLines: readonly { readonly key: string; readonly lines: readonly Line[] }[];
  };
  readonly notifications: { readonly notification: readonly { readonly key: string; readonly outcome: string; readonly sent: number }[] };
  readonly provider: { readonly "card.charge": readonly Effect[]; readonly "card.refund": readonly Effect[] };
  readonly observed: {
    readonly "customer.notified": readonly { readonly times: number }[];
    readonly "stock.released": readonly { readonly data: { readonly units: number }; readonly times: number }[];
  };
}

export const invariants = {
  "INV-1 stock is never negative and never appears or vanishes": ({ inventory: { stock, hold, holdLines } }: Shop) => stock.every((shelf) => {
    const used = { held: 0, sold: 0, released: 0, rejected: 0 };
    for (const { key, state } of hold) {
      for (const line of holdLines.find((one) => one.key === key)?.lines ?? []) if (line.sku === shelf.key) used[state] += line.quantity;
    }
    return Math.min(shelf.onHand, shelf.held, shelf.sold) >= 0 && shelf.onHand + shelf.held + shelf.sold === shelf.initial
      && shelf.held === used.held && shelf.sold === used.sold;
  }),
  "INV-2 at most one captured charge per order": (s: Shop) => s.orders.order.every(({ key }) =>
    s.provider["card.charge"].filter((one) => one.input.orderId === key && one.applied > 0).length <= 1),
  "INV-3 compensated or cancelled: nothing held, nothing kept": {
    when: (s: Shop) => s.orders.order.some(({ status }) => status === "compensated" || status === "cancelled"),
    then: (s: Shop) => s.orders.order.every(({ key, status }) => (status !== "compensated" && status !== "cancelled")
      || (!s.inventory.hold.some((one) => one.key === key && (one.state === "held" || one.state === "sold")) && captured(s, key) === refunded(s, key))),
  },
  "INV-4 confirmed: exactly one charge of the right amount, hold consumed": {
    when: (s: Shop) => s.orders.order.some(({ status }) => status === "confirmed"),
    then: (s: Shop) => s.orders.order.every(({ key, status, pence }) => status !== "confirmed"
      || (captured(s, key) === pence && refunded(s, key) === 0 && s.inventory.hold.some((one) => one.key === key && one.state === "sold"))),
  },
  "INV-6 never two customer messages": (s: Shop) => s.notifications.notification.every(({ sent }) => sent === 1)
    && s.observed["customer.notified"].every((one) => one.times === 1),
  "INV-7 a release or refund is applied at most once": (s: Shop) => s.observed["stock.released"].every((one) => one.data.units === 0 || one.times === 1)
    && s.orders.order.every(({ key }) => refunded(s, key) <= captured(s, key)),
};

function captured({ provider }: Shop, orderId: string): number {
  return provider["card.charge"].reduce((sum, one) => (one.input.orderId === orderId ? sum + one.applied * one.input.pence : sum), 0);
}

function refunded({ provider }: Shop, orderId: string): number {
  return provider["card.refund"].reduce((sum, one) => (one.input.orderId === orderId ? sum + one.applied * one.input.pence : sum), 0);
}
