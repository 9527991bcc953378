// The shop as checks of both styles see it: what is ordered, what the card provider answers, and the invariants that are the same whoever
// coordinates. Each style adds what only it can say.
import { answers } from "@evenkeel/checker";
import type { DataOf } from "evenkeel";
import type { Line, PlaceOrder } from "../orders/messages.ts";
import { card } from "../payments/card.ts";

export const ENDED = ["confirmed", "rejected", "refused", "compensated", "cancelled"];
export const PRICES = { month: "2011-03", changes: [{ from: "2011-03-01T00:00:00.000Z", pence: 250 }] };

export type Order = Omit<DataOf<typeof PlaceOrder>, "country">;

export function orderOf(orderId: string, customer: string | null, lines: readonly Line[]): Order {
  return { orderId, customer, orderedAt: "2011-03-04T10:00:00.000Z", lines: [...lines] };
}

export const cardAnswers = answers(card, {
  charge: { ok: ({ key }) => ({ chargeId: `charge of ${key}` }), declined: { reason: "no funds" } },
  refund: { ok: ({ key }) => ({ refundId: `refund of ${key}` }), refused: { reason: "nothing to refund" } },
});

interface Keyed { readonly key: string; readonly tenant: string }
interface Effect { readonly tenant: string; readonly input: { readonly orderId: string; readonly pence: number }; readonly applied: number }

/** What the invariants look at. */
interface Shop {
  readonly orders: { readonly order: readonly (Keyed & { readonly status: string; readonly pence: number })[] };
  readonly inventory: {
    readonly stock: readonly (Keyed & { readonly initial: number; readonly onHand: number })[];
    readonly hold: readonly (Keyed & { readonly state: "held" | "sold" | "released" | "rejected" })[];
    readonly holdLines: readonly (Keyed & { readonly lines: readonly Line[] })[];
  };
  readonly notifications: { readonly notification: readonly { readonly sent: number }[] };
  readonly provider: { readonly "card.charge": readonly Effect[]; readonly "card.refund": readonly Effect[] };
  readonly observed: {
    readonly "customer.notified": readonly { readonly times: number }[];
    readonly "stock.released": readonly { readonly data: { readonly units: number }; readonly times: number }[];
  };
}

/** What is said of all orders together. */
export const stockInvariants = {
  "INV-1 stock is never negative and never appears or vanishes": ({ inventory: { stock, hold, holdLines } }: Shop) => stock.every((shelf) => {
    const used = { held: 0, sold: 0, released: 0, rejected: 0 };
    for (const one of hold) {
      if (one.tenant !== shelf.tenant) continue;
      for (const line of holdLines.find((taken) => isSame(taken, one))?.lines ?? []) if (line.sku === shelf.key) used[one.state] += line.quantity;
    }
    return shelf.onHand >= 0 && shelf.onHand + used.held + used.sold === shelf.initial;
  }),
};

/**
 * What is said of an order, its payment and its hold: of each for itself, or of all.
 * @param isEnough whether any order can be had: where none can, none is confirmed or compensated, and nothing is made of that
 */
export function orderInvariants(isEnough: boolean) {
  return {
    "INV-2 at most one captured charge per order": (s: Shop) => s.orders.order.every((order) =>
      s.provider["card.charge"].filter((one) => isOf(one, order) && one.applied > 0).length <= 1),
    "INV-3 compensated or cancelled: nothing held, nothing kept": {
      when: (s: Shop) => !isEnough || s.orders.order.some(({ status }) => status === "compensated" || status === "cancelled"),
      then: (s: Shop) => s.orders.order.every((order) => (order.status !== "compensated" && order.status !== "cancelled")
        || (!s.inventory.hold.some((one) => isSame(one, order) && (one.state === "held" || one.state === "sold"))
          && captured(s, order) === refunded(s, order))),
    },
    "INV-4 confirmed: exactly one charge of the right amount, hold consumed": {
      when: (s: Shop) => !isEnough || s.orders.order.some(({ status }) => status === "confirmed"),
      then: (s: Shop) => s.orders.order.every((order) => order.status !== "confirmed"
        || (captured(s, order) === order.pence && refunded(s, order) === 0 && s.inventory.hold.some((one) => isSame(one, order) && one.state === "sold"))),
    },
    "INV-6 never two customer messages": (s: Shop) => s.notifications.notification.every(({ sent }) => sent === 1)
      && s.observed["customer.notified"].every((one) => one.times === 1),
    "INV-7 a release or refund is applied at most once": (s: Shop) => s.observed["stock.released"].every((one) => one.data.units === 0 || one.times === 1)
      && s.orders.order.every((order) => refunded(s, order) <= captured(s, order)),
  };
}

export function isSame(one: Keyed, other: Keyed): boolean {
  return one.key === other.key && one.tenant === other.tenant;
}

function isOf(effect: Effect, order: Keyed): boolean {
  return effect.input.orderId === order.key && effect.tenant === order.tenant;
}

function captured({ provider }: Shop, order: Keyed): number {
  return provider["card.charge"].reduce((sum, one) => (isOf(one, order) ? sum + one.applied * one.input.pence : sum), 0);
}

function refunded({ provider }: Shop, order: Keyed): number {
  return provider["card.refund"].reduce((sum, one) => (isOf(one, order) ? sum + one.applied * one.input.pence : sum), 0);
}
