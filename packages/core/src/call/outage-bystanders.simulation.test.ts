// A whole application through an outage of its one port, in virtual time, with the defaults: the load on the provider, when each call has its
// outcome, and what those notice who do not use the port but share the process, the store and its few connections. Every figure that is held
// is printed, and for each there is a run that is built wrong and fails it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createAppOn, entity, event, memoryStore, notPerformed, port, provide, service, type OperationSpec, type Schema } from "../index.ts";
import type { Host } from "../spi/index.ts";
import { manualHost } from "./testing/manual-host.ts";
import { pooledStore } from "./testing/pooled-store.ts";

/** What the requirement allows. */
const MOST = { slower: 1.2, budget: 0.1, lateMs: 1_000 } as const;
const NORMAL_FROM = 5_000;
const OUTAGE_FROM = 35_000;
/** Messages are published for so long after the provider's return, and what waits has as long again. */
const AFTER_MS = 8_000;
/** Of each of the two kinds of messages. */
const EVERY_MS = 50;
const ANSWER_MS = 20;

interface Id { readonly id: string }
const id: Schema<Id> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const OrderPlaced = event("order.placed", { key: (data) => data.id, data: id });
const ParcelSeen = event("parcel.seen", { key: (data) => data.id, data: id });
const Parcel = entity("parcel", { data: id });

interface Wrong {
  readonly spec?: Omit<Partial<OperationSpec>, "input" | "ok" | "failures" | "reconcile">;
  /** The port waits inside a transaction, with a connection that others need. */
  readonly holdsConnection?: boolean;
  /** Default 60 s. */
  readonly outageMs?: number;
}

/** Two services of one process: one charges for each order, the other follows parcels and calls nobody. */
async function run(silent: "refuses" | "hangs", deadlineMs: number, wrong: Wrong = {}) {
  const manual = manualHost(() => setImmediate());
  let draws = 0;
  const host: Host = { ...manual, random: () => (draws++ * 0.618_034) % 1 };
  const pooled = pooledStore(memoryStore({ host }), { host, connections: 4, statementMs: [1, 3], seed: "bystanders", timed: { service: "tracking", message: "parcel.seen" } });
  const provider = { underWay: 0, before: 0, during: 0, mostOnceQuiet: 0 };
  const outageUntil = OUTAGE_FROM + (wrong.outageMs ?? 60_000);
  const isDown = (): boolean => host.elapsed() >= OUTAGE_FROM && host.elapsed() < outageUntil;
  const until = (ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
    const cancel = host.after(ms, resolve);
    signal.addEventListener("abort", () => { cancel(); resolve(); }, { once: true });
  });

  async function charge(signal: AbortSignal): Promise<void> {
    const now = host.elapsed();
    if (now >= NORMAL_FROM && now < OUTAGE_FROM) provider.before++;
    if (isDown()) provider.during++;
    provider.underWay++;
    // By then those that were begun before it opened have timed out.
    if (isDown() && now >= OUTAGE_FROM + 5_000) provider.mostOnceQuiet = Math.max(provider.mostOnceQuiet, provider.underWay);
    const down = isDown();
    await until(down && silent === "hangs" ? 3_600_000 : ANSWER_MS, signal);
    provider.underWay--;
    if (down && silent === "refuses") throw notPerformed("The provider is down.");
    if (down) throw new Error("no answer");
  }

  const bank = port("bank", { charge: { input: id, ok: id, reconcile: "repeat", timeoutMs: 1_000, deadlineMs, ...wrong.spec } });
  const payments = service("payments", { ports: { bank } })
    .on(OrderPlaced, (order, { call }) => { call(bank.charge, { key: order.id, input: order }); })
    .outcome(bank.charge, { ok: () => undefined, notPerformed: () => undefined, unknown: (_outcome, { reconcile }) => { reconcile(); } });
  const tracking = service("tracking", { entities: { parcel: Parcel } })
    .on(ParcelSeen, async (seen, { parcel }) => { await parcel.get(seen.id); parcel.put(seen.id, seen); });
  const perform = async ({ input, signal }: { readonly input: Id; readonly signal: AbortSignal }): Promise<{ kind: "ok"; value: Id }> => {
    await (wrong.holdsConnection === true ? pooled.hold(() => charge(signal)) : charge(signal));
    return { kind: "ok", value: input };
  };
  const app = await preparedBy(manual, createAppOn({
    services: [payments, tracking], accepts: [OrderPlaced, ParcelSeen], ports: [provide(bank, { charge: { perform } })], store: pooled.store, host,
  }));
  const started = app.start();
  await manual.pass(2_000);
  await started;
  let published = 0;
  function publish(): void {
    if (host.elapsed() >= outageUntil + AFTER_MS) return;
    const one = { id: `o-${String(published++)}` };
    void app.publish(OrderPlaced(one), { idempotencyKey: one.id });
    void app.publish(ParcelSeen(one), { idempotencyKey: `${one.id}/parcel` });
    host.after(EVERY_MS, publish);
  }
  publish();
  await manual.pass(outageUntil + 2 * AFTER_MS - host.elapsed());

  const p99 = (from: number, to: number): number => {
    const times = pooled.timed.filter((one) => one.appendedAt >= from && one.appendedAt < to).map((one) => one.committedAt - one.appendedAt);
    assert.ok(times.length >= 250, `only ${String(times.length)} messages were timed`);
    return times.sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? NaN;
  };
  const calls = [...pooled.calls.values()];
  const [before, during] = [p99(NORMAL_FROM, OUTAGE_FROM), p99(OUTAGE_FROM, outageUntil)];
  return {
    p99BeforeMs: round(before), p99DuringMs: round(during), slower: round(during / before),
    load: round((provider.during / (outageUntil - OUTAGE_FROM)) / (provider.before / (OUTAGE_FROM - NORMAL_FROM))),
    requestsDuring: provider.during, mostOnceQuiet: provider.mostOnceQuiet,
    calls: calls.length, unended: calls.filter((call) => call.outcomeAt === null).length,
    lateMs: round(calls.reduce((most, call) => Math.max(most, (call.outcomeAt ?? Infinity) - call.deadlineAt), -Infinity)),
  };
}

async function preparedBy<T>(manual: ReturnType<typeof manualHost>, opening: Promise<T>): Promise<T> {
  await manual.pass(0);
  return opening;
}

const round = (value: number): number => Math.round(value * 100) / 100;

for (const silent of ["refuses", "hangs"] as const) {
  test(`while the provider ${silent} for 60 s, messages that do not use it have the p99 they had, and it sees a fraction of its load`, async (t) => {
    const seen = await run(silent, 3_600_000);
    t.diagnostic(`figures: ${JSON.stringify(seen)}`);
    assert.ok(seen.slower <= MOST.slower, JSON.stringify(seen));
    assert.ok(seen.load <= 1 + MOST.budget, JSON.stringify(seen));
    assert.ok(seen.requestsDuring > 0 && seen.mostOnceQuiet === 1, JSON.stringify(seen));
    assert.equal(seen.unended, 0);
  });

  test(`when it ${silent} for longer than calls may take, each has its outcome within its deadline and a second`, async (t) => {
    const seen = await run(silent, 3_000);
    t.diagnostic(`figures: ${JSON.stringify(seen)}`);
    assert.ok(seen.calls > 1_500);
    assert.equal(seen.unended, 0);
    assert.ok(seen.lateMs <= MOST.lateMs, JSON.stringify(seen));
    assert.ok(seen.slower <= MOST.slower, JSON.stringify(seen));
  });
}

test("a port that waits with a connection of the pool makes the others slower than allowed: the figure can fail", async (t) => {
  const seen = await run("hangs", 3_600_000, { holdsConnection: true, outageMs: 15_000 });
  t.diagnostic(`figures: ${JSON.stringify(seen)}`);
  assert.ok(seen.slower > MOST.slower, JSON.stringify(seen));
});

test("without breaker and budget the provider sees more than allowed: the figure can fail", async (t) => {
  const seen = await run("refuses", 3_600_000, { outageMs: 15_000, spec: { breaker: false, budget: false, maxBackoffMs: 400, attempts: 1_000 } });
  t.diagnostic(`figures: ${JSON.stringify(seen)}`);
  assert.ok(seen.load > 1 + MOST.budget, JSON.stringify(seen));
});
