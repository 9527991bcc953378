// From ports to the world: what each way an implementation can end says about the effect.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { notPerformed, port, type CallRequest, type ProvidedPort } from "../decide/port.ts";
import { EvenkeelError } from "../errors.ts";
import type { CallRecord } from "../message/call.ts";
import { provideWorld } from "./perform.ts";
import { manualHost } from "./testing/manual-host.ts";

const card = port("card", {
  charge: {
    input: z.object({ pence: z.number().int() }),
    ok: z.object({ chargeId: z.string() }),
    failures: { declined: z.object({ reason: z.string() }) },
    timeoutMs: 1_000,
  },
});

type Attempt = (request: CallRequest<{ pence: number }>) => unknown;

/** What an implementation in JavaScript may do, whatever its types say. */
function provided(perform: Attempt, ask: Attempt = () => ({ kind: "absent" })): ProvidedPort {
  return { port: card, implementation: { charge: { perform: perform as never, ask: ask as never } } };
}

const CALL: CallRecord = {
  id: "call-1", tenant: "main", routingKey: "order-1", partition: 0, operation: "card.charge", callKey: "order-1/charge",
  input: `{"pence":500}`, causationId: "m", correlationId: "c", trace: null, deadlineMs: 60_000, sequence: 1, state: "due", attempts: 2,
  dueInMs: 0, deadlineInMs: 60_000,
};
const calm = new AbortController().signal;

async function performed(attempt: Attempt, call: CallRecord = CALL): Promise<unknown> {
  const host = manualHost();
  const result = await provideWorld([provided(attempt)], host).perform(call, calm);
  assert.equal(host.timers(), 0, "a timer was left behind");
  return result;
}

test("an implementation is given the parsed input, the business key and the attempt, and its answer comes back as JSON", async () => {
  let seen: Partial<CallRequest<unknown>> = {};
  const result = await performed((request) => { seen = request; return { kind: "ok", value: { chargeId: "ch-1", extra: true } }; });
  assert.deepEqual(result, { kind: "ok", value: `{"chargeId":"ch-1"}` });
  const { signal, ...rest } = seen;
  assert.deepEqual(rest, {
    input: { pence: 500 }, key: "order-1/charge", tenant: "main", callId: "call-1", correlationId: "c", trace: null, attempt: 2, deadline: 1_000,
  });
  assert.equal(signal?.aborted, false);
});

test("a request that is wrapped, inherited from or copied has the signal of the attempt, and none is made before somebody asks", async () => {
  const made: AbortController[] = [];
  const { AbortController: real } = globalThis;
  globalThis.AbortController = class extends real { constructor() { super(); made.push(this); } };
  try {
    const ways: Readonly<Record<string, (request: CallRequest<{ pence: number }>) => { readonly key: string; readonly signal: AbortSignal }>> = {
      itself: (request) => request,
      proxy: (request) => new Proxy(request, {}),
      reflecting: (request) => new Proxy(request, { get: (target, name, receiver): unknown => Reflect.get(target, name, receiver) }),
      heir: (request) => Object.create(request) as typeof request,
      "heir of a proxy": (request) => Object.create(new Proxy(request, {})) as typeof request,
      spread: (request) => ({ ...request }),
      assigned: (request) => Object.assign({}, request),
    };
    for (const [way, wrap] of Object.entries(ways)) {
      made.length = 0;
      const host = manualHost();
      let signals: readonly AbortSignal[] = [];
      const world = provideWorld([provided((request) => {
        const { key, tenant, attempt } = request;
        assert.deepEqual([made.length, key, tenant, attempt], [0, "order-1/charge", "main", 2], `${way}: nobody has asked`);
        const wrapped = wrap(request);
        signals = [wrapped.signal, wrapped.signal, request.signal];
        return new Promise(() => undefined);
      })], host);
      const result = world.perform(CALL, calm);
      assert.deepEqual([new Set(signals).size, made.length, signals[0]?.aborted], [1, 1, false], way);
      await host.pass(1_000);
      assert.deepEqual([(await result).kind, signals[0]?.aborted], ["unknown", true], way);
    }
    made.length = 0;
    await performed(() => ({ kind: "ok", value: { chargeId: "ch-1" } }));
    assert.equal(made.length, 0);
  } finally {
    globalThis.AbortController = real;
  }
});

test("a declared failure comes back under its name", async () => {
  const result = await performed(() => ({ kind: "declined", value: { reason: "limit" } }));
  assert.deepEqual(result, { kind: "failure", name: "declined", value: `{"reason":"limit"}` });
});

test("an answer that the operation does not declare leaves the outcome unknown", async () => {
  const kinds = [{}, { kind: "exploded" }, { kind: "toString" }, { kind: "absent" }, { kind: "ok" }];
  const values = [{ kind: "ok", value: { chargeId: 1 } }, { kind: "ok", value: { chargeId: "\u0000" } }];
  for (const answer of [undefined, null, 7, ...kinds, ...values]) {
    const result = await performed(() => answer);
    const { kind, failure } = result as { kind: string; failure: { code: string } };
    assert.deepEqual([kind, failure.code], ["unknown", "CALL_OUTCOME_INVALID"], JSON.stringify(answer));
  }
});

test("notPerformed is certain, with its delay where that is a usable one", async () => {
  const refused = { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "busy" } };
  assert.deepEqual(await performed(() => { throw notPerformed("busy", { afterMs: 700 }); }), { ...refused, afterMs: 700 });
  for (const afterMs of [Number.NaN, -1, Infinity]) {
    assert.deepEqual(await performed(async () => { throw notPerformed("busy", { afterMs }); }), { ...refused, afterMs: null });
  }
});

test("any other throw leaves the outcome unknown, with its text as the store can keep it", async () => {
  const unreadable = { toString: () => { throw new Error("no"); } };
  const cases: [unknown, RegExp][] = [
    [new Error("socket hang up"), /^socket hang up$/], ["text", /^text$/], [undefined, /^undefined$/],
    [unreadable, /without a readable text/],
    [new Error(`a\u0000b\ud800${"x".repeat(1_000)}`), /^ab\uFFFDx{495}…$/],
  ];
  for (const [thrown, text] of cases) {
    for (const attempt of [() => { throw thrown; }, () => Promise.reject(thrown)] satisfies Attempt[]) {
      const result = await performed(attempt) as { kind: string; failure: { code: string; message: string } };
      assert.equal(result.kind, "unknown");
      assert.equal(result.failure.code, "CALL_UNKNOWN");
      assert.match(result.failure.message, text);
    }
  }
});

test("a refusal for good is final", async () => {
  assert.deepEqual(await performed(() => { throw notPerformed("no such account", { retry: "never" }); }), {
    kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "no such account" }, afterMs: null, final: true,
  });
});

test("a typed error about calls keeps its code and the delay it asks for; any other error is one that does not say", async () => {
  const late = new EvenkeelError("CALL_OUTCOME_INVALID", "not JSON", { details: { afterMs: 900 } });
  assert.deepEqual(await performed(() => { throw late; }), { kind: "unknown", failure: { code: "CALL_OUTCOME_INVALID", message: "not JSON" }, afterMs: 900 });
  const elsewhere = new EvenkeelError("DATA_INVALID", "wrong");
  assert.deepEqual(await performed(() => { throw elsewhere; }), { kind: "unknown", failure: { code: "CALL_UNKNOWN", message: "wrong" } });
});

test("who has sent nothing when the time is up can say so: that is certain", async () => {
  const host = manualHost();
  const world = provideWorld([provided((request) => new Promise((_resolve, reject) => {
    request.signal.addEventListener("abort", () => { reject(notPerformed("still waiting for a connection")); });
  }))], host);
  const result = world.perform(CALL, calm);
  await host.pass(1_000);
  assert.equal((await result).kind, "notPerformed");
  assert.equal(host.timers(), 0);
});

test("at the timeout the work is aborted and the outcome is unknown, whatever the work does then", async () => {
  const host = manualHost();
  let aborted = false;
  const world = provideWorld([provided((request) => new Promise((_resolve, reject) => {
    request.signal.addEventListener("abort", () => { aborted = true; reject(new Error("aborted")); });
  }))], host);
  const result = world.perform(CALL, calm);
  await host.pass(999);
  assert.equal(aborted, false);
  await host.pass(1);
  const end = await result;
  assert.equal(aborted, true);
  assert.deepEqual(end.kind === "unknown" ? end.failure.code : end.kind, "CALL_TIMEOUT");
  assert.equal(host.timers(), 0);
});

test("an attempt has no more time than its call's deadline leaves, and a question past the deadline has the whole timeout", async () => {
  const host = manualHost();
  const world = provideWorld([provided(() => new Promise(() => undefined), () => new Promise(() => undefined))], host);
  const result = world.perform({ ...CALL, deadlineInMs: 300 }, calm);
  await host.pass(300);
  const end = await result;
  assert.match(end.kind === "unknown" ? end.failure.message : end.kind, /within 300 ms, which its deadline left/);
  let isAnswered = false;
  void world.ask({ ...CALL, deadlineInMs: -5 }, calm).then(() => { isAnswered = true; });
  await host.pass(999);
  assert.equal(isAnswered, false);
  await host.pass(1);
  assert.equal(isAnswered, true);
});

test("when the work is taken away it is aborted and no timer stays", async () => {
  const host = manualHost();
  const outer = new AbortController();
  let inner: AbortSignal | undefined;
  const world = provideWorld([provided((request) => { inner = request.signal; return new Promise(() => undefined); })], host);
  const result = world.perform(CALL, outer.signal);
  await host.pass(10);
  outer.abort();
  assert.equal((await result).kind, "unknown");
  assert.equal(inner?.aborted, true);
  assert.equal(host.timers(), 0);
  assert.equal((await provideWorld([provided(() => assert.fail("begun"))], host).perform(CALL, outer.signal)).kind, "notPerformed");
});

test("an operation that nobody provides, or an input that it no longer takes, is certainly not performed", async () => {
  for (const changed of [{ operation: "card.refund" }, { input: `{"pence":"five"}` }, { input: "{" }]) {
    const result = await performed(() => assert.fail("begun"), { ...CALL, ...changed }) as { kind: string };
    assert.equal(result.kind, "notPerformed");
  }
});

test("asking answers absent, the outcome, or that it does not know; a refused question is no answer", async () => {
  const asked = async (ask: Attempt): Promise<string> => {
    const result = await provideWorld([provided(() => assert.fail("performed"), ask)], manualHost()).ask(CALL, calm);
    return "failure" in result ? `${result.kind} ${result.failure.code}` : result.kind;
  };
  assert.equal(await asked(() => ({ kind: "absent" })), "absent");
  assert.equal(await asked(() => ({ kind: "ok", value: { chargeId: "ch-1" } })), "ok");
  assert.equal(await asked(() => ({ kind: "declined", value: { reason: "limit" } })), "failure");
  assert.equal(await asked(() => { throw notPerformed("busy"); }), "unknown CALL_UNKNOWN");
  assert.equal(await asked(() => ({ kind: "maybe" })), "unknown CALL_OUTCOME_INVALID");
});
