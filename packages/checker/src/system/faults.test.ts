// Each kind of fault finds a handler that is broken in its way, by a shortest trace, and passes the one that is mended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, entity, event, port, service, statement, terminal, transient } from "@evenkeel/core";
import { z } from "zod";
import { answers, arrival, check, optional, type SystemReport } from "../index.ts";

const Pay = command("pay", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const Cancel = command("cancel", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const Expire = command("expire", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const Payment = entity("payment", { data: z.object({ state: z.string(), times: z.number() }) });
const bank = port("bank", {
  charge: { input: z.object({ id: z.string() }), ok: z.object({}), failures: { declined: z.object({}) } },
});
const atTheBank = [answers(bank, { charge: { ok: {}, declined: {} } })];
const NEW = { state: "charging", times: 1 };

function actionsOf(report: SystemReport): (string | null)[] {
  return report.trace?.steps.map((step) => step.action) ?? [];
}

/** Payments with one charge each; `unknown` is what its handler does. */
function paying(unknown: "fail" | "charge again" | "abandon" | "reconcile") {
  return service("paying", { entities: { payment: Payment }, ports: { bank } })
    .on(Pay, async ({ id }, { payment, call }) => {
      if ((await payment.get(id)) !== undefined) return;
      payment.put(id, NEW);
      call(bank.charge, { key: `${id}/1`, input: { id } });
    })
    .outcome(bank.charge, {
      ok: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "paid", times: 1 }); },
      declined: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "failed", times: 1 }); },
      notPerformed: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "failed", times: 1 }); },
      unknown: ({ call: { input } }, { payment, call, abandon, reconcile }) => {
        if (unknown === "reconcile") return reconcile();
        if (unknown === "charge again") call(bank.charge, { key: `${input.id}/2`, input });
        else payment.put(input.id, { state: "failed", times: 1 });
        if (unknown !== "fail") abandon();
      },
    });
}

type Ends = readonly ("ok" | "declined" | "notPerformed" | "unknown-applied" | "unknown-not-applied" | "late-applied" | "late-denied" | "unresolved")[];

function checkPaying(unknown: Parameters<typeof paying>[0], ends: Ends, crashes = 0): Promise<SystemReport> {
  return check({
    system: [paying(unknown)], when: [Pay({ id: "a" })], ports: atTheBank, faults: { crashes, ports: { "bank.charge": ends } },
    invariants: {
      "charged once": (s) => s.provider["bank.charge"].reduce((sum, effect) => sum + effect.applied, 0) <= 1,
    },
    eventually: {
      "charged if and only if paid": (s) => s.paying.payment.every(({ state }) =>
        (state === "paid") === s.provider["bank.charge"].some((effect) => effect.applied === 1)),
      "nothing is left": (s) => s.calls.length === 0,
    },
  });
}

test("a duplicate: a handler that does not look whether it was there before counts twice", async () => {
  const counting = (isCareful: boolean) => service("paying", { entities: { payment: Payment } }).on(Pay, async ({ id }, { payment }) => {
    const before = await payment.get(id);
    if (isCareful && before !== undefined) return;
    payment.put(id, { state: "paid", times: (before?.times ?? 0) + 1 });
  });
  const checked = (isCareful: boolean, duplicates: number, idempotencyKey?: string) => check({
    system: [counting(isCareful)], faults: { duplicates },
    when: [idempotencyKey === undefined ? Pay({ id: "a" }) : arrival(Pay({ id: "a" }), { idempotencyKey })],
    invariants: { "paid once": (s) => s.paying.payment.every(({ times }) => times === 1) },
  });
  assert.equal((await checked(false, 0)).verdict, "pass");
  const broken = await checked(false, 1);
  assert.equal(broken.verdict, "violated");
  assert.deepEqual(actionsOf(broken), [null, "pay arrives", "pay arrives again", "paying handles pay", "paying handles pay"]);
  assert.equal((await checked(true, 1)).verdict, "pass");
  // The door absorbs what arrives again under its key: not one state more.
  const keyed = await checked(false, 3, "a");
  assert.equal(keyed.verdict, "pass");
  assert.equal(keyed.distinct, 3);
});

test("an unknown outcome: taken for a failure, it keeps the money; charged again under another key, it charges twice; asked for, it is right", async () => {
  const failed = await checkPaying("fail", ["ok", "unknown-applied"]);
  assert.equal(failed.verdict, "violated");
  assert.equal(failed.trace?.property, "charged if and only if paid");
  const twice = await checkPaying("charge again", ["ok", "unknown-applied"]);
  assert.equal(twice.verdict, "violated");
  assert.equal(twice.trace?.property, "charged once");
  assert.deepEqual(actionsOf(twice), [
    null, "pay arrives", "paying handles pay", "bank.charge is performed: unknown-applied", "paying handles bank.charge: unknown",
    "bank.charge is performed: ok",
  ]);
  assert.equal((await checkPaying("reconcile", ["ok", "declined", "notPerformed", "unknown-applied", "unknown-not-applied", "late-applied"])).verdict, "pass");
});

test("an effect that lands late: a call that was given up is charged after all", async () => {
  const broken = await checkPaying("abandon", ["ok", "late-applied"]);
  assert.equal(broken.verdict, "violated");
  assert.equal(actionsOf(broken).at(-1), "bank.charge lands late");
  assert.equal((await checkPaying("reconcile", ["ok", "notPerformed", "late-applied"])).verdict, "pass");
  // A provider that denies what is on its way breaks what `ask` promises, and no handler can mend that.
  const denied = await checkPaying("reconcile", ["ok", "notPerformed", "late-denied"]);
  assert.equal(denied.verdict, "violated");
  assert.equal(actionsOf(denied).includes("bank.charge is asked: absent"), true);
});

test("a worker that dies between the effect and its outcome: what was not performed this time may have been before", async () => {
  assert.equal((await checkPaying("abandon", ["ok", "notPerformed"])).verdict, "pass");
  const broken = await checkPaying("abandon", ["ok", "notPerformed"], 1);
  assert.equal(broken.verdict, "violated");
  assert.deepEqual(actionsOf(broken), [
    null, "pay arrives", "paying handles pay", "bank.charge is performed: ok, and its worker dies", "bank.charge is performed: notPerformed",
    "paying handles bank.charge: unknown",
  ]);
  assert.equal((await checkPaying("reconcile", ["ok", "notPerformed"], 1)).verdict, "pass");
});

test("a provider that never says what became of a call leaves it to a person, visibly", async () => {
  const report = await checkPaying("reconcile", ["ok", "unknown-applied", "unresolved"]);
  assert.equal(report.verdict, "violated");
  assert.equal(actionsOf(report).at(-1), "bank.charge passes its deadline");
});

test("a timer: it may fire before what it watches is done, and after", async () => {
  const expiring = (isCareful: boolean) => service("paying", { entities: { payment: Payment }, ports: { bank }, emits: [Expire] })
    .on(Pay, ({ id }, { payment, call, schedule }) => {
      payment.put(id, NEW);
      call(bank.charge, { key: `${id}/1`, input: { id } });
      schedule(Expire({ id }), { afterMs: 60_000, name: "expire" });
    })
    .on(Expire, async ({ id }, { payment }) => {
      const before = await payment.get(id);
      if (isCareful && before?.state !== "charging") return;
      payment.put(id, { state: "expired", times: 1 });
    })
    .outcome(bank.charge, {
      ok: async ({ call: { input } }, { payment, unschedule }) => {
        const before = await payment.get(input.id);
        if (before?.state === "expired") return;
        payment.put(input.id, { state: "paid", times: 1 });
        unschedule("expire");
      },
      declined: () => undefined, notPerformed: () => undefined, unknown: (_, { reconcile }) => { reconcile(); },
    });
  const checked = (isCareful: boolean) => check({
    system: [expiring(isCareful)], when: [Pay({ id: "a" })], ports: atTheBank,
    steps: { "paid stays paid": (before, after) => before.paying.payment.every(({ key, state }) =>
      state !== "paid" || after.paying.payment.some((one) => one.key === key && one.state === "paid")) },
    sometimes: { "it expires": (s) => s.paying.payment.some(({ state }) => state === "expired") },
  });
  const broken = await checked(false);
  assert.equal(broken.verdict, "violated");
  assert.equal(actionsOf(broken).includes("a timer fires"), true);
  assert.equal((await checked(true)).verdict, "pass");
});

test("a poisoned message parks its key with those behind it, in order; a redrive goes on from there", async () => {
  const Note = entity("note", { data: z.object({ lines: z.array(z.string()) }) });
  const noting = service("noting", { entities: { note: Note } })
    .on(Pay, async ({ id }, { note }) => { note.put(id, { lines: [...(await note.get(id))?.lines ?? [], "pay"] }); })
    .on(Cancel, async ({ id }, { note }) => { note.put(id, { lines: [...(await note.get(id))?.lines ?? [], "cancel"] }); });
  const checked = (redrives: number) => check({
    system: [noting], when: [Pay({ id: "a" }), Cancel({ id: "a" }), Pay({ id: "b" })], faults: { poisons: 1, redrives },
    invariants: {
      "who waits behind a dead letter is not served before it": (s) => s.deadLetters.every((letter) =>
        letter.code === "HANDLER_KILLED" && s.messages.filter((one) => one.key === letter.key).length === letter.behind + 1),
    },
    sometimes: {
      "a dead letter holds one back": (s) => s.deadLetters.some((letter) => letter.behind === 1),
      "the other key goes on": (s) => s.isQuiet && s.deadLetters.length === 1 && s.noting.note.some((one) => one.key === "b"),
      "both were noted": (s) => s.noting.note.some((one) => one.key === "a" && one.lines.length === 2),
    },
  });
  assert.equal((await checked(0)).verdict, "pass");
  assert.equal((await checked(1)).verdict, "pass");
});

test("a transient failure is tried again, and becomes a dead letter when its cause stays", async () => {
  const waiting = service("waiting", { entities: { payment: Payment } })
    .on(Cancel, ({ id }, { payment }) => { payment.put(`${id}/gate`, NEW); })
    .on(Pay, async ({ id }, { payment }) => {
      if ((await payment.get(`${id}/gate`)) === undefined) throw transient("SHUT", "not yet");
      payment.put(id, { state: "paid", times: 1 });
    })
    .on(Expire, () => { throw terminal("NEVER", "no use"); });
  const report = await check({
    system: [waiting], when: [Pay({ id: "a" }), Cancel({ id: "b" }), optional(Expire({ id: "c" }))], attempts: 2,
    invariants: { "as often as it may": (s) => s.parked.every((one) => one.attempts === (one.state === "dead" && one.code === "SHUT" ? 2 : 1)) },
    sometimes: {
      "it waits": (s) => s.parked.some((one) => one.state === "waiting"),
      "its cause stays": (s) => s.isQuiet && s.deadLetters.some((one) => one.code === "SHUT"),
      "no use": (s) => s.deadLetters.some((one) => one.code === "NEVER" && one.attempts === 1),
    },
  });
  assert.equal(report.verdict, "pass");
});

test("old and new side by side: a document that one writes is read by the other", async () => {
  const Seen = event("seen", { key: (one) => one.id, data: z.object({ id: z.string() }) });
  const Tally = entity("tally", { data: z.object({ total: z.number(), isNew: z.boolean() }) });
  const tallying = (version: "old" | "in tenths" | "in the same unit") => service("tallying", { entities: { tally: Tally }, emits: [Seen] })
    .on(Pay, async ({ id }, { tally }) => {
      const before = await tally.get(id);
      const isNew = before?.isNew ?? version !== "old";
      tally.put(id, { total: (before?.total ?? 0) + (version === "in tenths" ? 10 : 1), isNew });
    });
  const checked = (version: "in tenths" | "in the same unit") => check({
    system: [tallying("old")], versions: [tallying(version)], when: [Pay({ id: "a" }), Pay({ id: "a" })],
    eventually: { "two": (s) => s.tallying.tally.every(({ total, isNew }) => total === (isNew && version === "in tenths" ? 20 : 2)) },
  });
  const broken = await checked("in tenths");
  assert.equal(broken.verdict, "violated");
  assert.ok(actionsOf(broken).includes("tallying (version 2) handles pay"));
  assert.equal((await checked("in the same unit")).verdict, "pass");
});

const addSale = statement("sales.add", { parameters: z.object({ id: z.string() }), text: "insert into sales values ($1)", values: ({ id }) => [id], rows: 1 });
const selling = service("selling", { entities: { payment: Payment }, statements: [addSale] })
  .on(Pay, async ({ id }, { payment, run }) => {
    payment.put(id, { state: "paid", times: 1 });
    run(addSale, { id });
  });

test("declared SQL runs as its twin, with the commit or not at all; without a twin the verdict is bounded", async () => {
  const definition = {
    system: [selling], when: [Pay({ id: "a" }), Pay({ id: "a" })], attempts: 1,
    sometimes: { "the second is refused": (s: { deadLetters: readonly { code: string }[] }) => s.deadLetters.some((one) => one.code === "SQL_FAILED") },
  } as const;
  const twins = { "sales.add": (sales: readonly string[], [id]: readonly (string | null)[]) => {
    if (sales.includes(id ?? "")) throw new Error("duplicate key");
    return { tables: [...sales, id ?? ""], rows: 1 };
  } };
  assert.equal((await check({ ...definition, statements: { tables: [] as readonly string[], twins } })).verdict, "pass");
  const opaque = await check({ ...definition, sometimes: {} });
  assert.equal(opaque.verdict, "bounded");
  assert.match(opaque.reason, /opaque sql sales\.add/);
});

test("the same call joins, another input under its key is refused, and the whole message with it", async () => {
  const joining = service("joining", { entities: { payment: Payment }, ports: { bank } })
    .on(Pay, async ({ id }, { payment, call }) => {
      payment.put(id, NEW);
      call(bank.charge, { key: "one", input: { id: id === "b" ? "other" : "same" } });
    })
    .outcome(bank.charge, { ok: () => undefined, declined: () => undefined, notPerformed: () => undefined, unknown: () => undefined });
  const report = await check({
    system: [joining], when: [Pay({ id: "a" }), Pay({ id: "c" }), Pay({ id: "b" })], ports: atTheBank,
    invariants: { "one at a time": (s) => s.calls.length <= 1 },
    sometimes: { "refused": (s) => s.deadLetters.some((one) => one.code === "CALL_CONFLICT" && one.key === "b") },
    steps: { "a refused message writes nothing": (_, after) => !after.deadLetters.some((one) => after.joining.payment.some(({ key }) => key === one.key)) },
  });
  assert.equal(report.verdict, "pass");
});
