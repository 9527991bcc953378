// A shop as tests of workflows see it: three operations with their undos, a provider that does what a test says and remembers every effect by
// its key, and an application on the in-memory store whose time moves by hand.
import { createAppOn } from "../../app.ts";
import { manualHost } from "../../call/testing/manual-host.ts";
import type { AnyService } from "../../decide/service.ts";
import { notPerformed, port, provide } from "../../decide/port.ts";
import { memoryStore } from "../../memory/memory-store.ts";
import { event, type AnyMessageDefinition } from "../../message/definition.ts";
import type { Schema } from "../../message/schema.ts";

interface Order { readonly orderId: string }
interface Receipt { readonly receipt: string }

/** A schema of an object with one string. */
function withText<T extends object>(name: keyof T & string): Schema<T, T> {
  return {
    "~standard": {
      version: 1, vendor: "test",
      validate: (value) => typeof value === "object" && value !== null && name in value && typeof (value as Record<string, unknown>)[name] === "string"
        ? { value: value as T } : { issues: [{ message: "Expected a string.", path: [name] }] },
    },
  };
}

export const OrderData = withText<Order>("orderId");
export const ReceiptData = withText<Receipt>("receipt");
const Reason = withText<{ readonly reason: string }>("reason");

export const shop = port("shop", {
  reserve: { input: OrderData, ok: ReceiptData, failures: { soldOut: Reason }, reconcile: "repeat" },
  release: { input: OrderData, ok: OrderData, reconcile: "repeat", attempts: 1 },
  charge: { input: OrderData, ok: ReceiptData, failures: { declined: Reason }, reconcile: "repeat" },
  refund: { input: ReceiptData, ok: OrderData, reconcile: "repeat", attempts: 1 },
  ship: { input: OrderData, ok: ReceiptData, reconcile: "repeat", attempts: 1 },
});

export const OrderPicked = event("order.picked", { key: (data) => data.orderId, data: OrderData });
export const OrderShipped = event("order.shipped", { key: (data) => data.orderId, data: OrderData });

type Behaviour = "ok" | "down" | "hang" | { readonly outcome: string; readonly value: unknown } | { readonly opens: Promise<unknown> };

/** What the provider did, in order, what it was asked to do, and what it is to do next: `opens` keeps it waiting until then. */
function provider() {
  const did: string[] = [];
  const began: string[] = [];
  const behaviour: Record<string, Behaviour> = {};
  const perform = (operation: string) => async ({ key, signal }: { readonly key: string; readonly signal: AbortSignal }): Promise<never> => {
    const how = behaviour[operation] ?? "ok";
    began.push(`${operation} ${key}`);
    if (how === "down") throw notPerformed(`${operation} is down`);
    if (how === "hang") await new Promise<void>((resolve) => { signal.addEventListener("abort", () => { resolve(); }, { once: true }); });
    if (typeof how === "object" && "opens" in how) await how.opens;
    else if (typeof how === "object") return { kind: how.outcome, value: how.value } as never;
    did.push(`${operation} ${key}`);
    return { kind: "ok", value: { orderId: key, receipt: `${operation}:${key}` } } as never;
  };
  const port = provide(shop, {
    reserve: { perform: perform("reserve") }, release: { perform: perform("release") }, charge: { perform: perform("charge") },
    refund: { perform: perform("refund") }, ship: { perform: perform("ship") },
  });
  return { did, began, behaviour, port };
}

/** An application with these services, running; `stop` ends it. @param turn a turn of the machine's loop. */
export async function shopApp<const A extends readonly AnyMessageDefinition[]>(turn: () => Promise<unknown>, services: readonly AnyService[], accepts: A) {
  const host = manualHost(turn);
  const { did, began, behaviour, port: provided } = provider();
  const store = memoryStore({ host });
  const app = await passing(host, createAppOn({ services, accepts, ports: [provided], store, host }));
  await passing(host, app.start());
  const done = <T>(work: Promise<T>): Promise<T> => passing(host, work);
  return {
    app, host, did, began, behaviour, done,
    pass: (ms: number) => host.pass(ms),
    stop: () => passing(host, app.stop()),
    /** A later process on the same store, with other code. */
    async next<const B extends readonly AnyMessageDefinition[]>(others: readonly AnyService[], accepted: B) {
      const later = await passing(host, createAppOn({ services: others, accepts: accepted, ports: [provided], store, host }));
      await passing(host, later.start());
      return later;
    },
  };
}

/** Lets time pass until the work is done. */
async function passing<T>(host: { pass(ms: number): Promise<void> }, work: Promise<T>): Promise<T> {
  let over = false;
  const ended = work.finally(() => { over = true; });
  ended.catch(() => undefined);
  for (let turns = 0; turns < 10_000 && !(over as boolean); turns++) await host.pass(5);
  return ended;
}
