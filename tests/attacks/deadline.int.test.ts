// Calls whose provider never answers, on PostgreSQL and real time: every one has an outcome soon after its deadline. How soon is printed; the
// exact bound is held in virtual time (outage-bystanders.simulation.test.ts), because here other work of the machine counts, too.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test, { describe, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createAppOn, event, notPerformed, port, provide, service } from "@evenkeel/core";
import type { Commit, Store } from "@evenkeel/core/spi";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { z } from "zod";
import { eventually, testDatabase } from "./ledger/attack-test.ts";

const DEADLINE_MS = 3_000;
const CALLS = 60;
const EVERY_MS = 50;
/** What is promised, and what is allowed on a machine with other work. */
const PROMISED_MS = 1_000;
const ALLOWED_MS = 30_000;

const Id = z.object({ id: z.string() });
const OrderPlaced = event("order.placed", { key: (order) => order.id, data: Id });

/** When calls were due to end, and when they had an outcome, by their ids. Each is noted by itself: an outcome may be answered before its call is. */
interface Seen { readonly deadlines: Map<string, number>; readonly outcomes: Map<string, number> }

/** The same store, and when each call was due to end (counted from before its commit) and when the commit of its first outcome was answered. */
function timed(store: Store, { deadlines, outcomes }: Seen): Store {
  return {
    ...store,
    commit: async (commit: Commit) => {
      const before = performance.now();
      const result = await store.commit(commit);
      if (result.kind !== "committed") return result;
      for (const { id, deadlineMs } of commit.calls) deadlines.set(id, before + deadlineMs);
      for (const { id, change, outcome } of commit.callUpdates) {
        // A call that goes had its outcome handled in the same commit, if that does not append it.
        if ((outcome !== null || change.kind === "remove") && !outcomes.has(id)) outcomes.set(id, performance.now());
      }
      return result;
    },
  };
}

async function lateness(t: TestContext, timeoutMs: number, perform: (signal: AbortSignal) => Promise<never>): Promise<readonly number[]> {
  const schema = `deadline_${randomBytes(5).toString("hex")}`;
  const host = nodeHost(() => undefined);
  const store = openPostgres({ url: testDatabase(), schema, poolSize: 4, log: host.log });
  t.after(async () => {
    const last = openPostgres({ url: testDatabase(), schema, poolSize: 1, log: host.log });
    await last.transaction(async (sql) => ({ value: await sql.query(`drop schema if exists "${schema}" cascade`), calls: [] }));
    await last.close();
  });
  const bank = port("bank", { charge: { input: Id, ok: Id, reconcile: "repeat", timeoutMs, deadlineMs: DEADLINE_MS } });
  const till = service("till", { ports: { bank } })
    .on(OrderPlaced, (order, { call }) => { call(bank.charge, { key: order.id, input: order }); })
    .outcome(bank.charge, { ok: () => undefined, notPerformed: () => undefined, unknown: (_outcome, { reconcile }) => { reconcile(); } });
  const seen: Seen = { deadlines: new Map(), outcomes: new Map() };
  const app = await createAppOn({
    services: [till], accepts: [OrderPlaced], store: timed(store, seen), host, settings: { stopWithinMs: 500 },
    ports: [provide(bank, { charge: { perform: ({ signal }) => perform(signal) } })],
  });
  await app.start();
  for (let n = 0; n < CALLS; n++) {
    await app.publish(OrderPlaced({ id: `o-${String(n)}` }), { idempotencyKey: String(n) });
    await sleep(EVERY_MS);
  }
  await eventually("every call has an outcome", () =>
    seen.deadlines.size === CALLS && [...seen.deadlines.keys()].every((id) => seen.outcomes.has(id)) || undefined);
  await app.stop();
  return [...seen.deadlines].map(([id, deadlineAt]) => (seen.outcomes.get(id) ?? Infinity) - deadlineAt).sort((a, b) => a - b);
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => { signal.addEventListener("abort", () => { reject(new Error("aborted")); }, { once: true }); });

const PROVIDERS: readonly (readonly [string, number, (signal: AbortSignal) => Promise<never>])[] = [
  ["hangs for longer than a call may take", 60_000, untilAborted],
  ["hangs until its timeout, and its breaker opens", 500, untilAborted],
  ["hangs and ignores its signal", 60_000, () => new Promise(() => undefined)],
  ["refuses, and its breaker opens", 500, () => Promise.reject(notPerformed("The provider is down."))],
];

// Side by side: they mostly wait.
describe("calls whose provider never answers", { concurrency: true }, () => {
  for (const [what, timeoutMs, perform] of PROVIDERS) {
    test(`when the provider ${what}, each of ${String(CALLS)} calls has its outcome soon after its deadline of ${String(DEADLINE_MS / 1_000)} s`, async (t) => {
      const late = await lateness(t, timeoutMs, perform);
      const at = (share: number): string => `${String(Math.round(late[Math.ceil(late.length * share) - 1] ?? NaN))} ms`;
      const inTime = late.filter((ms) => ms <= PROMISED_MS).length;
      t.diagnostic(`figures: after the deadline: median ${at(0.5)}, last ${at(1)}; ${String(inTime)} of ${String(CALLS)} within ${String(PROMISED_MS)} ms`);
      assert.ok((late.at(-1) ?? Infinity) <= ALLOWED_MS, `the last one came ${at(1)} after its deadline`);
    });
  }
});
