// The fleet: several workers of one service that charge at one provider, behind a breaker that they share. The provider counts who asks it, and
// how many at once.
import { createAppOn, entity, event, port, provide, notPerformed, service, type App } from "@evenkeel/core";
import type { Host, Store } from "@evenkeel/core/spi";
import { z } from "zod";
import { eventually } from "../ledger/attack-test.ts";

export const OPERATION = "card.charge";
const OrderPlaced = event("order.placed", { key: (order) => order.id, data: z.object({ id: z.string() }) });
const Payment = entity("payment", { data: z.object({ charges: z.number() }) });

export class Provider {
  isUp = false;
  attempts = 0;
  underWay = 0;
  /** The most at once since it was last set to 0. */
  most = 0;

  async charge(host: Host): Promise<void> {
    this.attempts++;
    this.most = Math.max(this.most, ++this.underWay);
    await new Promise<void>((resolve) => { host.after(30, resolve); });
    this.underWay--;
    if (!this.isUp) throw notPerformed("The provider is down.");
  }
}

export type FleetApp = App<readonly [typeof OrderPlaced]>;

/** @param openMs how long the breaker stays open. */
export function openWorker(store: Store, host: Host, provider: Provider, openMs: number): Promise<FleetApp> {
  const card = port("card", {
    charge: {
      input: z.object({ id: z.string() }), ok: z.object({}), reconcile: "repeat", timeoutMs: 5_000, backoffMs: 10, maxBackoffMs: 50, attempts: 1_000, budget: false,
      breaker: { shared: true, minimumCalls: 4, openMs, jitter: 0, probeMs: 20_000 },
    },
  });
  const till = service("till", { entities: { payment: Payment }, ports: { card } })
    .on(OrderPlaced, ({ id }, { call }) => { call(card.charge, { key: id, input: { id } }); })
    .outcome(card.charge, {
      ok: async ({ call: { key } }, { payment }) => payment.put(key, { charges: ((await payment.get(key))?.charges ?? 0) + 1 }),
      notPerformed: () => undefined,
      unknown: (_outcome, { reconcile }) => { reconcile(); },
    });
  const atTheBank = provide(card, { charge: { perform: async () => { await provider.charge(host); return { kind: "ok", value: {} }; } } });
  return createAppOn<readonly [typeof OrderPlaced]>({
    services: [till], accepts: [OrderPlaced], ports: [atTheBank], store, host,
    settings: { partitions: 8, spread: "partitions", leaseMs: 800, stopWithinMs: 1_000 },
  });
}

export async function place(app: FleetApp, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => app.publish(OrderPlaced({ id }), { idempotencyKey: id })));
}

export function everyCharge(app: FleetApp, ids: readonly string[]): Promise<readonly number[]> {
  return eventually("every order is charged", async () => {
    const found = await Promise.all(ids.map((id) => app.read(Payment, id)));
    return found.every((one) => one !== undefined) ? found.map((one) => one.charges) : undefined;
  });
}
