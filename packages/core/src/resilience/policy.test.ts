// The rules of a policy, one sentence each, on a host whose time moves by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { manualHost } from "../call/testing/manual-host.ts";
import { isEvenkeelError, terminal, transient } from "../errors.ts";
import { policyOn, type Policy, type PolicyFn, type RunOptions } from "./policy.ts";
import type { PolicyOptions } from "./policy-options.ts";

type Host = ReturnType<typeof manualHost>;

/** How a run stands: undefined while it is under way. */
interface Watch { end?: unknown }

function watch(promise: Promise<unknown>): Watch {
  const seen: Watch = {};
  promise.then((value) => { seen.end = value; }, (error: unknown) => { seen.end = isEvenkeelError(error) ? error.code : error; });
  return seen;
}

function setUp(options: Partial<PolicyOptions> = {}): { readonly host: Host; readonly policy: Policy; run<T>(fn: PolicyFn<T>, how?: RunOptions): Watch } {
  const host = manualHost();
  const policy = policyOn(host, { name: "rates", ...options });
  return { host, policy, run: (fn, how) => watch(policy.run(fn, how)) };
}

const failing = (): Promise<never> => Promise.reject(new Error("refused"));
const hanging = (): Promise<never> => new Promise(() => undefined);

test("a policy without parts hands on what the function does", async () => {
  const { policy } = setUp();
  assert.equal(await policy.run(async ({ attempt, deadline, signal }) => `${String(attempt)} ${String(deadline)} ${String(signal.aborted)}`), "1 Infinity false");
  await assert.rejects(policy.run(failing), /refused/);
  await assert.rejects(policy.run(() => { throw new Error("at once"); }), /at once/);
});

test("a timeout ends the attempt, aborts its signal with the same error, and ignores what comes after", async () => {
  const { host, run } = setUp({ timeoutMs: 500 });
  const reasons: unknown[] = [];
  const seen = run(({ signal }) => new Promise<string>((resolve) => {
    signal.addEventListener("abort", () => { reasons.push(signal.reason); resolve("late"); });
  }));
  await host.pass(499);
  assert.equal(seen.end, undefined);
  await host.pass(1);
  assert.equal(seen.end, "CALL_TIMEOUT");
  assert.ok(isEvenkeelError(reasons[0]) && reasons[0].code === "CALL_TIMEOUT");
  assert.equal(host.timers(), 0);
});

test("a signal that is first looked at after the timeout is aborted already", async () => {
  const { host, run } = setUp({ timeoutMs: 500 });
  let signal: AbortSignal | undefined;
  run(async (attempt) => {
    await new Promise<void>((resolve) => { host.after(600, resolve); });
    signal = attempt.signal;
  });
  await host.pass(600);
  assert.equal(signal?.aborted, true);
});

test("failures are tried again with backoff, up to the attempts, and the last failure is thrown", async () => {
  const { host, run, policy } = setUp({ retry: { attempts: 3, backoffMs: 100, maxBackoffMs: 150 } });
  const attempts: number[] = [];
  const seen = run(({ attempt }) => { attempts.push(attempt); return Promise.reject(new Error(`failure ${String(attempt)}`)); });
  await host.pass(250);
  assert.deepEqual(attempts, [1, 2, 3]);
  assert.match(String(seen.end), /failure 3/);
  assert.deepEqual([policy.state().attempts, policy.state().failures], [3, 3]);
  assert.equal(host.timers(), 0);
});

test("a failure's own delay is the least", async () => {
  const { host, run } = setUp({ retry: { backoffMs: 10 } });
  const at: number[] = [];
  run(() => { at.push(host.elapsed()); return Promise.reject(transient("BUSY", "later", { afterMs: 700 })); });
  await host.pass(2_000);
  assert.deepEqual(at, [0, 700, 1_400]);
});

test("an answer of the business is thrown at once: not retried, no failure of the dependency", async () => {
  const { host, run, policy } = setUp({ retry: {}, breaker: { minimumCalls: 1 }, judge: (error) => error === "declined" ? "answer" : "failure" });
  const seen = run(() => Promise.reject("declined"));
  await host.pass(0);
  assert.equal(seen.end, "declined");
  assert.deepEqual([policy.state().attempts, policy.state().breaker?.phase], [1, "closed"]);
  const plain = setUp({ retry: {} });
  plain.run(() => Promise.reject(terminal("DECLINED", "no")));
  await plain.host.pass(10_000);
  assert.equal(plain.policy.state().attempts, 1);
});

test("the retry budget ends retries when too many calls fail, and the failure itself is thrown", async () => {
  const { host, run, policy } = setUp({ retry: { attempts: 2, backoffMs: 1, budget: { ratio: 0.1, perSecond: 0, burst: 5 } } });
  const runs = Array.from({ length: 100 }, () => run(failing));
  await host.pass(10);
  assert.ok(runs.every((one) => String(one.end).includes("refused")));
  // Those saved up; the hundred calls came at once, while it was full.
  assert.equal(policy.state().attempts, 105);
  assert.equal(policy.state().refused.retryBudget, 95);
});

test("the deadline bounds the attempts, the delays and the timeout, and no attempt begins that could not end", async () => {
  const { host, run } = setUp({ deadlineMs: 1_000, timeoutMs: 700, retry: { backoffMs: 0 } });
  const deadlines: number[] = [];
  const seen = run(({ deadline }) => { deadlines.push(deadline); return hanging(); });
  await host.pass(999);
  assert.equal(seen.end, undefined);
  await host.pass(1);
  assert.equal(seen.end, "DEADLINE_EXCEEDED");
  assert.deepEqual(deadlines, [1_000, 1_000]);
  const refused = run(failing, { deadline: host.elapsed() });
  await host.pass(0);
  assert.equal(refused.end, "DEADLINE_EXCEEDED");
});

test("a deadline goes through nested policies and shortens the inner one's", async () => {
  const { host, policy: outer } = setUp({ deadlineMs: 300 });
  const inner = policyOn(host, { name: "inner", deadlineMs: 10_000, timeoutMs: 5_000 });
  const seen: number[] = [];
  const end = watch(outer.run(({ deadline }) => inner.run((attempt) => { seen.push(attempt.deadline); return hanging(); }, { deadline })));
  await host.pass(300);
  assert.deepEqual(seen, [300]);
  assert.equal(end.end, "DEADLINE_EXCEEDED");
});

test("beyond its concurrency calls wait in order, beyond its queue they are refused, and who waits has a deadline", async () => {
  const { host, run, policy } = setUp({ bulkhead: { concurrency: 1, queue: 2 }, deadlineMs: 1_000 });
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const call = (name: string): PolicyFn<void> => () => { order.push(name); return new Promise((resolve) => { ends.push(resolve); }); };
  run(call("a"));
  const second = run(call("b"));
  await host.pass(600);
  const third = run(call("c"));
  const fourth = run(call("d"));
  await host.pass(0);
  assert.equal(fourth.end, "BULKHEAD_FULL");
  await host.pass(400);
  assert.equal(second.end, "DEADLINE_EXCEEDED");
  assert.deepEqual([policy.state().underWay, policy.state().waiting], [1, 0]);
  assert.deepEqual(order, ["a", "c"], "the first was ended by its deadline and gave its room to the next that waited");
  ends[1]?.();
  await host.pass(0);
  assert.deepEqual([third.end, policy.state().underWay, host.timers()], [undefined, 0, 0]);
});

test("an open breaker refuses at once and says when to come back; one probe goes, and its success lets all through", async () => {
  const { host, run, policy } = setUp({ breaker: { openMs: 1_000, jitter: 0 }, retry: {} });
  for (let call = 0; call < 20; call++) await assert.rejects(policy.run(() => Promise.reject(terminal("NOT", "counted"))));
  for (let call = 0; call < 20; call++) run(failing);
  await host.pass(500);
  assert.equal(policy.state().breaker?.phase, "open");
  const { attempts } = policy.state();
  const refused = await policy.run(failing).catch((error: unknown) => error);
  assert.ok(isEvenkeelError(refused) && refused.code === "CIRCUIT_OPEN" && refused.message.includes("rates"));
  assert.equal(policy.state().attempts, attempts);
  await host.pass(1_500);
  let answer: (value: string) => void = () => undefined;
  const probe = run(() => new Promise<string>((resolve) => { answer = resolve; }));
  const others = Array.from({ length: 10 }, () => run(async () => "through"));
  await host.pass(0);
  assert.ok(others.every((one) => one.end === "CIRCUIT_OPEN"));
  answer("well");
  await host.pass(0);
  assert.equal(probe.end, "well");
  assert.equal(await policy.run(async () => "through"), "through");
  assert.deepEqual(host.events.filter((event) => event.startsWith("breaker")), ["breaker.opened", "breaker.probing", "breaker.closed"]);
});

test("a reset lets calls through at once", async () => {
  const { host, run, policy } = setUp({ breaker: { minimumCalls: 1 } });
  run(failing);
  await host.pass(0);
  assert.equal(policy.state().breaker?.phase, "open");
  policy.reset();
  assert.equal(await policy.run(async () => "through"), "through");
});

test("callers that come with no time left do not open the breaker, and a dependency that hangs does", async () => {
  const { host, run, policy } = setUp({ breaker: { minimumCalls: 5 }, timeoutMs: 1_000 });
  for (let call = 0; call < 50; call++) run(hanging, { deadline: host.elapsed() + 10 });
  await host.pass(10);
  assert.equal(policy.state().breaker?.phase, "closed");
  for (let call = 0; call < 5; call++) run(hanging, { deadline: host.elapsed() + 900 });
  await host.pass(900);
  assert.equal(policy.state().breaker?.phase, "open");
});

test("who aborts is answered with the reason wherever the run stands, and the breaker hears nothing of it", async () => {
  const { host, run, policy } = setUp({ bulkhead: { concurrency: 1, queue: 1 }, retry: {}, breaker: { minimumCalls: 1 } });
  const calling = new AbortController();
  const waiting = new AbortController();
  let inner: AbortSignal | undefined;
  const first = run((attempt) => { inner = attempt.signal; return hanging(); }, { signal: calling.signal });
  const second = run(hanging, { signal: waiting.signal });
  await host.pass(0);
  waiting.abort("gone waiting");
  calling.abort("gone");
  await host.pass(0);
  assert.deepEqual([first.end, second.end, inner?.aborted], ["gone", "gone waiting", true]);
  assert.deepEqual([policy.state().breaker?.phase, policy.state().underWay, policy.state().waiting], ["closed", 0, 0]);
  const sleeping = new AbortController();
  const third = run(() => Promise.reject(transient("BUSY", "later", { afterMs: 1_000 })), { signal: sleeping.signal });
  policy.reset();
  await host.pass(0);
  sleeping.abort("tired");
  await host.pass(0);
  assert.equal(third.end, "tired");
  assert.equal(run(hanging, { signal: sleeping.signal }).end, undefined);
  await host.pass(0);
  assert.deepEqual([policy.state().underWay, host.timers()], [0, 0]);
});

test("a fallback's result is marked as degraded with the reason, and an answer of the business is never replaced", async () => {
  const { host, policy } = setUp({ breaker: {} });
  assert.deepEqual(await policy.runOr(async () => 1, () => "stale"), { degraded: false, value: 1 });
  const replaced = await policy.runOr(failing, (reason) => `stale: ${String(reason)}`);
  assert.ok(replaced.degraded && replaced.value === "stale: Error: refused");
  await assert.rejects(policy.runOr(() => Promise.reject(terminal("DECLINED", "no")), () => "stale"), { code: "DECLINED" });
  assert.equal(policy.state().degraded, 1);
  assert.ok(host.events.includes("policy.degraded"));
  const gone = new AbortController();
  gone.abort("gone");
  await assert.rejects(policy.runOr(failing, () => "stale", { signal: gone.signal }), (reason) => reason === "gone");
});

test("an option that there is not is refused by its name, and says which there are", () => {
  const misspelled = [
    { name: "x", retries: 3 }, { name: "x", retry: { tries: 3 } }, { name: "x", retry: { budget: { rate: 1 } } }, { name: "x", breaker: { share: true } },
    { name: "x", bulkhead: { size: 1 } }, { name: "x", retry: true }, { name: "x", judge: "never" }, { name: "" },
  ];
  const options = misspelled.map((one) => {
    try {
      policyOn(manualHost(), one as never);
      return "taken";
    } catch (error) {
      assert.ok(isEvenkeelError(error) && error.code === "CONFIG_INVALID", String(error));
      return error.details["option"];
    }
  });
  assert.deepEqual(options, ["retries", "retry.tries", "retry.budget.rate", "breaker.share", "bulkhead.size", "retry", "judge", "name"]);
});

test("options that make no sense are refused by name", () => {
  const wrong: PolicyOptions[] = [
    { name: "x", timeoutMs: 0 }, { name: "x", deadlineMs: NaN }, { name: "x", bulkhead: { concurrency: 0 } }, { name: "x", bulkhead: { queue: -1 } },
    { name: "x", breaker: { failureRate: 0 } }, { name: "x", breaker: { minimumCalls: 1.5 } }, { name: "x", breaker: { buckets: 0 } },
    { name: "x", retry: { attempts: 0 } }, { name: "x", retry: { backoffMs: 10, maxBackoffMs: 5 } }, { name: "x", retry: { budget: { burst: 0 } } },
  ];
  for (const options of wrong) {
    const refused = (error: unknown): boolean => isEvenkeelError(error) && error.code === "CONFIG_INVALID" && error.message.includes("'x'");
    assert.throws(() => policyOn(manualHost(), options), refused, JSON.stringify(options));
  }
});

test("a judge that throws replaces no error, and leaves no probe open", async () => {
  const judge = (error: unknown): "answer" | "failure" => { throw new TypeError(`what is ${String(error)}?`); };
  const { host, policy, run } = setUp({ judge, breaker: { minimumCalls: 2, openMs: 1_000, jitter: 0 } });
  const ends = [run(failing), run(failing)];
  await host.pass(0);
  for (const { end } of ends) assert.ok(end instanceof Error && end.message === "refused", String(end));
  assert.equal(policy.state().breaker?.phase, "open");
  await host.pass(1_000);
  run(failing);
  await host.pass(0);
  assert.equal(policy.state().breaker?.phase, "open");
  assert.deepEqual(await policy.runOr(failing, () => "stale").then((answer) => answer.degraded), true);
});
