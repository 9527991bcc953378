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
const payment = "p";

/** Waits twice, so that what it was given once and is given again is seen. */
const orders = workflow("orders", { input: Order, waitsForByKey: [Settled] }, async (_order, w) => {
  const first = await w.waitFor(Settled, { key: payment });
  const second = await w.waitFor(Settled, { key: payment, within: { days: 2 } });
  return [first.by, second?.by ?? "nobody"];
});
const forget = orders.routes.flatMap((route) => (route.kind === "message" && route.definition.name === "orders.forget" ? [route.definition] : []));

const explored = (of: typeof orders, faults: { readonly duplicates?: number } = {}) => check({
  system: [of], faults, observe: forget,
  when: [of.start({ id: "a", input: { id: "a" } }), Settled({ payment, by: "Ada" }), optional(Settled({ payment, by: "Ben" })), optional(of.cancel({ id: "a", reason: "no" }))],
  invariants: {
    ...workflowInvariants(of, { without: ["undo", "pivot"] }),
    "what comes by its key is given to a run, unless its time was over before": (s) => !s.isQuiet
      || s.orders.runs.every(({ endedAt }) => endedAt !== null) || (s.observed["orders.forget"] ?? []).length > 0,
    "nothing is given twice": (s) => s.orders.runs.every(({ result }) => result === undefined || result[0] !== result[1]),
  },
  sometimes: {
    "both come": (s) => s.orders.runs.some(({ result }) => result !== undefined && result[1] !== "nobody"),
    "the second does not come in time": (s) => s.orders.runs.some(({ result }) => result?.[1] === "nobody"),
    "it is cancelled": (s) => s.orders.runs.some(({ status }) => status === "cancelled"),
    "what comes too late is told": (s) => s.orders.runs.some(({ strays }) => strays.some(({ name }) => name === "orders.signal")),
  },
});

test("Whichever is first, a message by another key reaches its run once, and nothing is left behind", async () => {
  const { verdict, distinct, reason } = await explored(orders);
  assert.deepEqual([verdict, distinct], ["pass", 7_154], reason);
});

test("So it does when what is published comes again", async () => {
  const { verdict, distinct, reason } = await explored(orders, { duplicates: 1 });
  assert.deepEqual([verdict, distinct], ["pass", 0], reason);
});

async function assertFinds(property: string, of: typeof orders): Promise<void> {
  const { verdict, trace, reason } = await explored(of);
  assert.deepEqual([verdict, trace?.property], ["violated", property], reason);
}

test("An engine that keeps nothing that nobody waits for loses it, and is found", async () => {
  await assertFinds("what comes by its key is given to a run, unless its time was over before", meddled(orders, "settled", async (context, go) => {
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

test("A wait that stands at its key when its run is over is found", async () => {
  await assertFinds("orders: a run that has ended owes nothing", meddled(orders, "orders.unsubscribe", () => Promise.resolve()));
});

test("A wait that no key knows is found", async () => {
  await assertFinds("orders: at rest a run has ended, or shows what it waits for", meddled(orders, "orders.subscribe", () => Promise.resolve()));
});

test("Several runs that wait at one key are each given what comes, as long as it is kept", async () => {
  const report = await check({
    system: [orders], observe: forget,
    when: [orders.start({ id: "a", input: { id: "a" } }), orders.start({ id: "b", input: { id: "b" } }), Settled({ payment, by: "Ada" })],
    invariants: {
      ...workflowInvariants(orders, { without: ["undo", "pivot"] }),
      "each is given it": (s) => !s.isQuiet || (s.observed["orders.forget"] ?? []).length > 0 || s.orders.runs.every(({ result }) => result?.[0] === "Ada"),
    },
    sometimes: { "both have it": (s) => s.orders.runs.length === 2 && s.orders.runs.every(({ result }) => result?.[0] === "Ada") },
  });
  assert.deepEqual([report.verdict, report.distinct], ["pass", 3_256], report.reason);
});
