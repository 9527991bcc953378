// The desk: a service that charges a card at a provider which, at first, takes the charge and tells nobody. Its calls come to need attention
// within seconds, and a test acts on them as operators do.
import { createAppOn, durableCalls, entity, event, port, provide, service, type App, type DurableCalls } from "@evenkeel/core";
import type { Host, Store } from "@evenkeel/core/spi";
import { z } from "zod";
import { eventually } from "../ledger/attack-test.ts";

const card = port("card", {
  charge: {
    input: z.object({ pence: z.number().int() }), ok: z.object({ chargeId: z.string() }), failures: { declined: z.object({ reason: z.string() }) },
    timeoutMs: 150, deadlineMs: 3_000, backoffMs: 20, breaker: false, budget: false,
  },
});
const OrderPlaced = event("order.placed", { key: (order) => order.id, data: z.object({ id: z.string() }) });
/** Nothing comes of it: once it is handled, so is all that stood before it. */
export const OrderViewed = event("order.viewed", { key: (order) => order.id, data: z.object({ id: z.string() }) });
const Payment = entity("payment", { data: z.object({ heard: z.array(z.string()) }) });
/** Written with the answer to an outcome that nobody knows. */
const Doubt = entity("doubt", { data: z.object({ answered: z.number() }) });

export const desk = service("desk", { entities: { payment: Payment, doubt: Doubt }, ports: { card } })
  .on(OrderPlaced, ({ id }, { payment, doubt, call }) => {
    // One that is placed again has heard nothing of its new call.
    payment.delete(`${id}/charge`);
    doubt.delete(`${id}/charge`);
    call(card.charge, { key: `${id}/charge`, input: { pence: 1_250 } });
  })
  .on(OrderViewed, () => undefined)
  .outcome(card.charge, {
    ok: ({ call: { key }, value }, { payment }) => hear(payment, key, `ok ${value.chargeId}`),
    declined: ({ call: { key }, value }, { payment }) => hear(payment, key, `declined ${value.reason}`),
    notPerformed: ({ call: { key } }, { payment }) => hear(payment, key, "notPerformed"),
    unknown: async ({ call: { key } }, { doubt, reconcile }) => {
      doubt.put(key, { answered: ((await doubt.get(key))?.answered ?? 0) + 1 });
      reconcile();
    },
  });

/** A provider with an idempotency contract: one effect per key, whatever is repeated. */
export interface Provider {
  /** The charge of each key. */
  readonly charges: Map<string, string>;
  /** Every request with the key it came under, also the repeated ones. */
  readonly requests: string[];
  mode: "charges and is silent" | "is silent" | "answers";
}

export const newProvider = (): Provider => ({ charges: new Map(), requests: [], mode: "charges and is silent" });

export type Desk = App<readonly [typeof OrderPlaced, typeof OrderViewed]>;

export function openDesk(store: Store, host: Host, provider: Provider): Promise<Desk> {
  const silence = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => { signal.addEventListener("abort", () => { reject(new Error("aborted")); }); });
  const charge = (key: string): string => {
    const chargeId = provider.charges.get(key) ?? `charge of ${key}`;
    provider.charges.set(key, chargeId);
    return chargeId;
  };
  const cardAtTheBank = provide(card, {
    charge: {
      perform: async ({ key, signal }) => {
        provider.requests.push(key);
        if (provider.mode === "is silent") return silence(signal);
        const chargeId = charge(key);
        return provider.mode === "answers" ? { kind: "ok", value: { chargeId } } : silence(signal);
      },
      ask: async ({ key, signal }) => {
        if (provider.mode !== "answers") return silence(signal);
        const chargeId = provider.charges.get(key);
        return chargeId === undefined ? { kind: "absent" } : { kind: "ok", value: { chargeId } };
      },
    },
  });
  return createAppOn<readonly [typeof OrderPlaced, typeof OrderViewed]>({
    services: [desk], accepts: [OrderPlaced, OrderViewed], ports: [cardAtTheBank], store, host,
    settings: { partitions: 4, leaseMs: 2_000, stopWithinMs: 500, stallMs: 60_000 },
  });
}

interface Documents {
  get(key: string): Promise<{ readonly heard: readonly string[] } | undefined>;
  put(key: string, value: { readonly heard: string[] }): void;
}

async function hear(payment: Documents, key: string, what: string): Promise<void> {
  payment.put(key, { heard: [...(await payment.get(key))?.heard ?? [], what] });
}

/** Everything the service ever heard of an order's charge but `unknown`. */
export async function heardOf(desk: Desk, id: string): Promise<readonly string[]> {
  return (await desk.read(Payment, `${id}/charge`))?.heard ?? [];
}

/** The operator's side of the store, in a tool without the application's definitions. */
export function operatorOf(store: Store, host: Host): DurableCalls {
  return durableCalls(store, host);
}

/**
 * Places an order, and again where its call came to an end without a request: where the worker stood still for as long as a call may take, or lost
 * its lease before it could begin. Resolves once the provider was asked for it: then a call that hears no answer comes to need a person.
 */
export async function place(app: Desk, provider: Provider, id: string): Promise<void> {
  const isRequested = (): boolean => provider.requests.includes(`${id}/charge`);
  for (let time = 1; !isRequested(); time++) {
    const receipt = await app.publish(OrderPlaced({ id }), { idempotencyKey: `${id}, time ${String(time)}` });
    await app.handled(receipt, { by: desk, withinMs: 60_000 });
    const [inNeed] = await eventually(`${id}'s charge is requested, or its call ends or needs a person without that`, async () => {
      if (isRequested() || (await heardOf(app, id)).includes("notPerformed")) return [];
      // In this order: the handler's answer may take it from there for one more question.
      const calls = await isAnswered(app, id) ? await app.calls.list({ key: `${id}/charge` }) : [];
      return calls.length === 0 || isRequested() ? undefined : calls;
    });
    if (inNeed !== undefined) await app.calls.abandon(inNeed, { actor: "stage", note: "it was never requested", withinMs: 60_000 });
  }
}

/** Places orders and waits until each of their calls needs a person. */
export async function placeInNeed(app: Desk, provider: Provider, ids: readonly string[]): Promise<void> {
  for (const id of ids) await place(app, provider, id);
  await untilInNeed(app, ids);
}

/** Until then a handler's answer may still be under way: it is worth one more question, also past the deadline. */
export async function untilInNeed(desk: Desk, ids: readonly string[]): Promise<void> {
  for (const id of ids) await eventually(`${id}'s doubt is answered`, async () => await isAnswered(desk, id) || undefined);
  await eventually("every call needs attention", async () => (await desk.calls.list()).length === ids.length || undefined);
}

async function isAnswered(desk: Desk, id: string): Promise<boolean> {
  return await desk.read(Doubt, `${id}/charge`) !== undefined;
}
