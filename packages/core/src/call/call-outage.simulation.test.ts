// The call runner through an outage in virtual time, with the defaults: what a provider that answers nothing sees, and when each call has its
// outcome. The world is a model; machine, policy and rows are those that ship.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutcomeBody } from "../decide/routes.ts";
import type { CallRecord } from "../message/call.ts";
import type { PerformResult } from "../spi/world.ts";
import { callPolicy } from "./call-policy.ts";
import { CallBench, OK } from "./testing/call-bench.ts";

const STEP_MS = 10;
const OUTAGE = { from: 30_000, until: 90_000 };

interface Attempt { readonly call: CallRecord; readonly ticket: number; readonly asks: boolean; readonly endsAt: number; readonly result: PerformResult }

/** 20 calls/s for 120 s; the provider answers after 20 ms, in the outage as `silent` says. Handlers answer `unknown` with `reconcile`. */
function run(options: { readonly deadlineMs: number; readonly timeoutMs: number; readonly silent: "refuses" | "hangs" }) {
  const policy = callPolicy({ timeoutMs: options.timeoutMs, concurrency: 64 });
  const bench = new CallBench({ policy, settings: { maxCalls: 20_000, scanLimit: 500 } });
  bench.own(0);
  let underWay: Attempt[] = [];
  const seen = { calls: 0, attempts: 0, firstOpenAt: null as number | null, mostProbes: 0, lateMs: -Infinity, drainedAt: 0 };
  let outcomes = 0;
  const deadlines = new Map<string, number>();
  for (let now = 1_000; now < 135_000; now += STEP_MS) {
    bench.table.nowMs = now;
    if (now < 121_000 && now % 50 === 0) {
      const id = `call-${String(now)}`;
      deadlines.set(id, now + options.deadlineMs);
      if (now >= OUTAGE.from && now < OUTAGE.until) seen.calls++;
      bench.insert({ id, deadlineMs: options.deadlineMs });
    }
    const over = underWay.filter(({ endsAt }) => endsAt <= now);
    underWay = underWay.filter(({ endsAt }) => endsAt > now);
    for (const { call, ticket, asks, result } of over) {
      if (!asks) bench.feed({ kind: "performed", callId: call.id, ticket, result });
      else bench.feed({ kind: "asked", callId: call.id, ticket, result: result.kind === "unknown" ? result : OK });
    }
    bench.feed({ kind: "tick" });
    bench.settle();
    for (const { operation, change } of bench.take("breaker")) if (operation === "card.charge" && change === "opened") seen.firstOpenAt ??= now;
    for (const request of [...bench.take("perform"), ...bench.take("ask")]) {
      const asks = request.kind === "ask";
      const down = now >= OUTAGE.from && now < OUTAGE.until;
      if (down) seen.attempts++;
      const waits = Math.min(options.timeoutMs, request.call.deadlineInMs > 0 ? request.call.deadlineInMs : options.timeoutMs);
      const endsAt = now + (down && options.silent === "hangs" ? waits : 20);
      underWay.push({ call: request.call, ticket: request.ticket, asks, endsAt, result: down ? failureOf(options.silent, asks) : OK });
    }
    // Waits, aborts, attention: nothing here looks at them.
    bench.requests = [];
    if (bench.state.operations.get("card.charge")?.breaker?.phase === "halfOpen") {
      // Those begun before it opened are still under way; a probe began since.
      const openAt = seen.firstOpenAt ?? 0;
      const probes = underWay.filter(({ endsAt }) => endsAt - options.timeoutMs > openAt || options.silent === "refuses").length;
      seen.mostProbes = Math.max(seen.mostProbes, probes);
    }
    for (; outcomes < bench.table.outcomes.length; outcomes++) {
      const body = JSON.parse(bench.table.outcomes[outcomes]?.body ?? "") as OutcomeBody;
      const deadline = deadlines.get(body.call.id);
      // The first outcome counts: after an unknown one the call is the handler's to settle.
      if (deadline !== undefined) { seen.lateMs = Math.max(seen.lateMs, now - deadline); seen.drainedAt = now; }
      deadlines.delete(body.call.id);
      if (body.kind === "unknown") bench.answer(body.call.id, "reconcile");
    }
  }
  return { ...seen, unheard: deadlines.size, openedAfterMs: (seen.firstOpenAt ?? Infinity) - OUTAGE.from };
}

function failureOf(silent: "refuses" | "hangs", asks: boolean): PerformResult {
  if (silent === "refuses" && !asks) return { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "refused" }, afterMs: null };
  return { kind: "unknown", failure: { code: silent === "hangs" ? "CALL_TIMEOUT" : "CALL_UNKNOWN", message: "no answer" } };
}

for (const silent of ["refuses", "hangs"] as const) {
  test(`a provider that ${silent} for 60 s sees a fraction of its load, one probe at a time, and every call has an outcome after it`, (t) => {
    const seen = run({ deadlineMs: 3_600_000, timeoutMs: 500, silent });
    t.diagnostic(`figures: ${silent}: ${String(seen.attempts)} attempts for ${String(seen.calls)} calls, open after ${String(seen.openedAfterMs)} ms, at most ${String(seen.mostProbes)} probe at once`);
    assert.equal(seen.unheard, 0);
    assert.ok(seen.openedAfterMs <= 2_000, `opened after ${String(seen.openedAfterMs)} ms`);
    assert.ok(seen.attempts <= 0.1 * seen.calls, `${String(seen.attempts)} attempts, ${String(seen.calls)} calls`);
    assert.equal(seen.mostProbes, 1);
    assert.ok(seen.drainedAt <= 130_000, `the last outcome came at ${String(seen.drainedAt)} ms`);
  });

  test(`when it ${silent} for longer than a call may take, each call has an outcome within its deadline and a second`, (t) => {
    const seen = run({ deadlineMs: 5_000, timeoutMs: 2_000, silent });
    t.diagnostic(`figures: ${silent}: the last outcome ${String(seen.lateMs)} ms after its deadline`);
    assert.equal(seen.unheard, 0);
    assert.ok(seen.lateMs <= 1_000, `${String(seen.lateMs)} ms after the deadline`);
    assert.ok(seen.attempts <= 0.2 * seen.calls, `${String(seen.attempts)} attempts, ${String(seen.calls)} calls`);
  });
}
