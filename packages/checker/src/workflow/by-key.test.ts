// Waits for messages by another key than the run's id, explored as they ship: the message before the wait and after it, twice, its time over at any
// moment, the run cancelled, several runs at one key. Each defect of an engine that loses one, gives one twice or leaves one standing is found.
import assert from "node:assert/strict";
import test from "node:test";
import { event, workflow } from "@evenkeel/core";
import { z } from "zod";
import { check, optional, workflowInvariants } from "../index.ts";
import { meddled, withOther, type Meddled } from "./testing/meddled.ts";

const Order = z.object({ id: z.string() });
const Settled = event("settled", { key: (one) => one.payment, data: z.object({ payment: z.string(), by: z.string() }) });
const Forwarded = z.object({ to: z.object({ request: z.number() }) });
const payment = "p";

/** Waits twice, so that what it was given once and is given again is seen. */
const orders = workflow("orders", { input: Order, waitsForByKey: [Settled] }, async (_order, w) => {
  const first = await w.receive(Settled, { key: payment });
  const second = await w.receive(Settled, { key: payment, within: { days: 2 } });
  return [first.id, second?.id ?? "nothing"];
});
/** As it ships, but that nothing is forgotten: timers fire at any time in a check, so that what is kept for a week may be gone before anybody asks. */
const keeping = (of: typeof orders): typeof orders => meddled(of, "orders.forget", () => Promise.resolve());
const start = (id: string) => orders.start({ id, input: { id } });
const ada = Settled({ payment, by: "Ada" });
const all = [start("a"), ada, optional(Settled({ payment, by: "Ben" })), optional(orders.cancel({ id: "a", reason: "no" }))];
type Faults = { readonly duplicates?: number; readonly poisons?: number; readonly redrives?: number };

const explored = (of: typeof orders, when: typeof all = all, faults: Faults = {}) => check({
  system: [of], faults, when,
  invariants: {
    ...workflowInvariants(of, { without: ["undo", "pivot"] }),
    "what comes by its key is given to a run": (s) => !s.isQuiet || s.deadLetters.length > 0 || s.orders.runs.every(({ endedAt }) => endedAt !== null),
    "nothing is given twice": (s) => s.orders.runs.every(({ result }) => result === undefined || result[0] !== result[1]),
  },
  sometimes: {
    "both come": (s) => s.orders.runs.some(({ result }) => result !== undefined && result[1] !== "nothing"),
    "the second does not come in time": (s) => s.orders.runs.some(({ result }) => result?.[1] === "nothing"),
  },
});

test("Whichever is first, a message by another key reaches its run once, and nothing is left behind", async () => {
  const { verdict, distinct, reason } = await explored(keeping(orders));
  assert.deepEqual([verdict, distinct], ["pass", 3_315], reason);
});

test("So it does when what is published comes again, and when what nobody can handle is set aside and redriven", async () => {
  const again = await explored(keeping(orders), [start("a"), ada], { duplicates: 1 });
  assert.deepEqual([again.verdict, again.distinct], ["pass", 900], again.reason);
  const redriven = await explored(keeping(orders), [start("a"), ada, optional(ada)], { poisons: 1, redrives: 1 });
  assert.equal(redriven.verdict, "pass", redriven.reason);
});

test("A run that is cancelled leaves the key, and is told of what was under way to it", async () => {
  const { verdict, reason } = await check({
    system: [orders], when: all, invariants: { ...workflowInvariants(orders, { without: ["undo", "pivot"] }) },
    sometimes: { "it comes too late": (s) => s.orders.runs.some(({ status, strays }) => status === "cancelled" && strays.some(({ name }) => name === "orders.signal")) },
  });
  assert.equal(verdict, "pass", reason);
});

async function assertFinds(property: string, of: typeof orders): Promise<void> {
  const { verdict, trace, reason } = await explored(keeping(of));
  assert.deepEqual([verdict, trace?.property], ["violated", property], reason);
}

test("An engine that keeps nothing that nobody waits for loses it, and is found", async () => {
  await assertFinds("what comes by its key is given to a run", meddled(orders, "settled", async (context, go) => {
    if (((await context.keys.get(payment))?.waits ?? []).length > 0) await go(context);
  }));
});

test("An engine that forgets whom it gave a message to gives it twice, and is found", async () => {
  const forgetful = (context: Meddled): Meddled => withOther(context, { keys: {
    put: (key, document) => { context.keys.put(key, document); },
    get: async (key) => {
      const known = await context.keys.get(key);
      return known === undefined ? undefined : { ...known, kept: known.kept.map((one) => ({ ...one, to: [] })) };
    },
  } });
  await assertFinds("nothing is given twice", meddled(orders, "orders.subscribe", (context, go) => go(forgetful(context))));
});

/** The message and the end of a wait's time may cross: what was forwarded is there for the next wait. */
const patient: typeof orders = workflow("orders", { input: Order, waitsForByKey: [Settled] }, async (_order, w) => {
  const first = await w.receive(Settled, { key: payment, within: { days: 2 } });
  const second = first ?? await w.receive(Settled, { key: payment });
  return [second.id, first === undefined ? "late" : "nothing"];
});

test("A message that crosses with the end of its wait's time is there for the next wait, and an engine that drops it is found", async () => {
  const lapsed = (of: typeof orders) => check({
    system: [keeping(of)], when: [start("a"), ada],
    invariants: {
      ...workflowInvariants(of, { without: ["undo", "pivot"] }),
      "it is given it": (s) => !s.isQuiet || s.orders.runs.every(({ endedAt }) => endedAt !== null),
    },
    sometimes: { "it comes late": (s) => s.orders.runs.some(({ result }) => result?.[1] === "late") },
  });
  const shipped = await lapsed(patient);
  assert.deepEqual([shipped.verdict, shipped.distinct], ["pass", 126], shipped.reason);
  const { verdict, trace, reason } = await lapsed(meddled(patient, "orders.signal", async (context, go, data) => {
    const { to: { request } } = Forwarded.parse(data);
    const { journal = [] } = await context.runs.get("a") ?? {};
    if (!journal.some((entry) => entry.kind === "settled" && entry.of === request)) await go(context);
  }));
  assert.deepEqual([verdict, trace?.property], ["violated", "it is given it"], reason);
});

test("A wait that stands at its key when its run is over is found", async () => {
  await assertFinds("orders: a run that has ended owes nothing", meddled(orders, "orders.unsubscribe", () => Promise.resolve()));
});

test("A wait that no key knows is found", async () => {
  await assertFinds("orders: at rest a run has ended, or shows what it waits for", meddled(orders, "orders.subscribe", () => Promise.resolve()));
});

test("Several runs that wait at one key are each given what comes", async () => {
  const report = await check({
    system: [keeping(orders)], when: [start("a"), start("b"), ada],
    invariants: {
      ...workflowInvariants(orders, { without: ["undo", "pivot"] }),
      "each is given it": (s) => !s.isQuiet || s.orders.runs.every(({ endedAt }) => endedAt !== null),
    },
    sometimes: { "both have it": (s) => s.orders.runs.length === 2 && new Set(s.orders.runs.map(({ key, result }) => result?.[0] ?? key)).size === 1 },
  });
  assert.deepEqual([report.verdict, report.distinct], ["pass", 3_306], report.reason);
});

test("What is forgotten before a run asks is not given to it: the run shows what it waits for, at its key", async () => {
  const { verdict, distinct, reason } = await check({
    system: [orders], when: [start("a"), ada], invariants: { ...workflowInvariants(orders, { without: ["undo", "pivot"] }) },
    sometimes: { "it waits for ever": (s) => s.isQuiet && s.orders.runs.some(({ endedAt }) => endedAt === null), "it is in time": (s) => s.orders.runs.some(({ result }) => result !== undefined) },
  });
  assert.deepEqual([verdict, distinct], ["pass", 77], reason);
});
