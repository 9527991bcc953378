// Small systems with counts that were worked out by hand, and one broken and one fixed handler for each kind of fault.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, entity, event, isEvenkeelError, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers, check, optional } from "../index.ts";

const Add = command("add", { key: (one) => one.counter, data: z.object({ counter: z.string(), by: z.number() }) });
const Counter = entity("counter", { data: z.object({ total: z.number() }) });
const counting = service("counting", { entities: { counter: Counter } })
  .on(Add, async ({ counter: key, by }, { counter }) => {
    counter.put(key, { total: ((await counter.get(key))?.total ?? 0) + by });
  });

test("one service, two messages of one key: every order of arrivals, in the order of the key", async () => {
  const report = await check({
    system: [counting],
    when: [Add({ counter: "a", by: 1 }), Add({ counter: "a", by: 2 })],
    invariants: { "adds up": (s) => s.counting.counter.every(({ total }) => total <= 3) },
    eventually: { "all is added": (s) => s.counting.counter.every(({ key, total }) => key === "a" && total === 3) },
  });
  // Of each: away, queued, handled. Before the other, behind it, or neither there.
  assert.equal(report.verdict, "pass");
  assert.equal(report.distinct, 3 * 3 + 1);
});

test("two keys are independent: the states are the product", async () => {
  const report = await check({ system: [counting], when: [Add({ counter: "a", by: 1 }), Add({ counter: "b", by: 2 })] });
  assert.equal(report.verdict, "pass");
  assert.equal(report.distinct, 9);
});

test("what may not arrive may never arrive", async () => {
  const report = await check({
    system: [counting], when: [Add({ counter: "a", by: 1 }), optional(Add({ counter: "a", by: 2 }))],
    eventually: { "all is added": (s) => s.counting.counter.every(({ total }) => total === 3) },
  });
  assert.equal(report.verdict, "violated");
  assert.deepEqual(report.trace?.steps.map((step) => step.action), [null, "add arrives", "counting handles add"]);
});

const Pay = command("pay", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const Paid = event("paid", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const Payment = entity("payment", { data: z.object({ state: z.enum(["charging", "paid", "failed"]) }) });
const Parcel = entity("parcel", { data: z.object({ sent: z.boolean() }) });
const bank = port("bank", {
  charge: { input: z.object({ id: z.string() }), ok: z.object({ receipt: z.string() }), failures: { declined: z.object({}) } },
});
const paying = service("paying", { entities: { payment: Payment }, ports: { bank }, emits: [Paid] })
  .on(Pay, async ({ id }, { payment, call }) => {
    if ((await payment.get(id)) !== undefined) return;
    payment.put(id, { state: "charging" });
    call(bank.charge, { key: id, input: { id } });
  })
  .outcome(bank.charge, {
    ok: ({ call: { input } }, { payment, emit }) => { payment.put(input.id, { state: "paid" }); emit(Paid(input)); },
    declined: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "failed" }); },
    notPerformed: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "failed" }); },
    unknown: (_, { reconcile }) => { reconcile(); },
  });
const sending = service("sending", { entities: { parcel: Parcel } }).on(Paid, ({ id }, { parcel }) => { parcel.put(id, { sent: true }); });

const TWO_SERVICES = {
  system: [paying, sending],
  ports: [answers(bank, { charge: { ok: ({ key }) => ({ receipt: `receipt of ${key}` }), declined: {} } })],
  invariants: {
    "sent only when paid": (s: { readonly paying: { readonly payment: readonly { readonly state: string }[] }; readonly sending: { readonly parcel: readonly unknown[] } }) =>
      s.sending.parcel.length === 0 || s.paying.payment.every(({ state }) => state === "paid"),
  },
} as const;

test("two services and a port, without faults: the line of one order", async () => {
  const report = await check({ ...TWO_SERVICES, when: [Pay({ id: "a" })] });
  // Away, queued, called, answered, paid and told, sent.
  assert.equal(report.verdict, "pass");
  assert.equal(report.distinct, 6);
  assert.equal(report.handlerRuns, 3);
  assert.deepEqual(report.actions.filter(({ fired }) => fired === 0).map(({ name }) => name), [
    "paying handles bank.charge: declined", "paying handles bank.charge: notPerformed", "paying handles bank.charge: unknown",
    "bank.charge is asked: ok", "bank.charge is asked: absent", "a timer fires",
  ]);
});

test("two services and a port, with faults: counts that are pinned", async () => {
  const faults = { ports: { "bank.charge": ["ok", "declined", "unknown-applied", "unknown-not-applied"] } } as const;
  const counted = async (more: { readonly duplicates?: number; readonly crashes?: number }) =>
    (await check({ ...TWO_SERVICES, when: [Pay({ id: "a" })], faults: { ...faults, ...more } })).distinct;
  assert.deepEqual(
    [await counted({}), await counted({ duplicates: 1 }), await counted({ crashes: 1 }), await counted({ duplicates: 1, crashes: 1 })],
    [17, 41, 32, 77],
  );
});

test("two orders of independent keys are the product of one", async () => {
  const faults = { duplicates: 1, crashes: 1, ports: { "bank.charge": ["ok", "declined", "unknown-applied"] } } as const;
  const one = await check({ ...TWO_SERVICES, invariants: {}, when: [Pay({ id: "a" })], faults });
  const two = await check({ ...TWO_SERVICES, invariants: {}, when: [Pay({ id: "a" }), Pay({ id: "b" })], faults });
  assert.equal(two.distinct, one.distinct ** 2);
});

test("the same seed gives the same report, another one the same states", async () => {
  const run = (seed: number) => check({ ...TWO_SERVICES, when: [Pay({ id: "a" }), Pay({ id: "b" })] }, { seed, fingerprintBits: 128 });
  const { seconds: _, peakMemoryBytes: __, ...first } = await run(1);
  const { seconds: ___, peakMemoryBytes: ____, ...again } = await run(1);
  assert.deepEqual(first, again);
  assert.equal((await run(2)).distinct, first.distinct);
});

test("what contradicts the services is refused before anything is explored, and named", async () => {
  const refused = async (run: () => Promise<unknown>, message: RegExp): Promise<void> => {
    await assert.rejects(run, (error: unknown) => isEvenkeelError(error) && message.test(error.message));
  };
  await refused(() => check({ system: [sending], when: [Pay({ id: "a" })] }), /'pay' is published, and no service of the system handles it/);
  await refused(() => check({ system: [paying], when: [Pay({ id: "a" })] }), /does not provide its port/);
  await refused(() => check({ system: [paying, sending], when: [], ports: TWO_SERVICES.ports }), /nothing to do/);
  await refused(() => check({ ...TWO_SERVICES, when: [Pay({ id: "a" })], faults: { duplicates: -1 } }), /'faults.duplicates' of a check is -1/);
  await refused(
    () => check({ ...TWO_SERVICES, when: [Pay({ id: "a" })], ports: [answers(bank, { charge: { ok: { receipt: "r" } } })], faults: { ports: { "bank.charge": ["declined"] } } }),
    /does not say what it answers then/,
  );
  await refused(() => check({ system: [service("calls", {}).on(Paid, () => undefined)], when: [Paid({ id: "a" })] }), /named 'calls'/);
  const failing = service("failing", {}).on(Paid, () => { throw new Error("no"); });
  await refused(() => check({ system: [failing], given: [Paid({ id: "a" })], when: [Paid({ id: "b" })] }), /What is given must succeed/);
});

test("what is observed is there before it is said for the first time: said no times", async () => {
  const report = await check({
    ...TWO_SERVICES, when: [Pay({ id: "a" })], observe: [Paid],
    invariants: { "said at most once": (s) => s.observed.paid.every(({ times }) => times <= 1) },
    sometimes: { "not said yet": (s) => s.observed.paid.length === 0, "said": (s) => s.observed.paid.length === 1 },
  });
  assert.equal(report.verdict, "pass", report.reason);
});
