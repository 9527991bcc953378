// A fault that made no difference gives its budget back. That this hides nothing is shown by searching with and without it: the worlds, with
// budgets left out of account, are the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, entity, event, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers } from "./answers.ts";
import type { World } from "./cell.ts";
import { openSystem, type OpenedSystem } from "./check-system.ts";

const Pay = command("pay", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const Told = event("told", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const Payment = entity("payment", { data: z.object({ state: z.string(), times: z.number() }) });
const Tally = entity("tally", { data: z.object({ seen: z.number() }) });
const bank = port("bank", { charge: { input: z.object({ id: z.string() }), ok: z.object({}), failures: { declined: z.object({}) } } });

/** @param counts up to this many arrivals make a difference. */
function services(counts: number) {
  const paying = service("paying", { entities: { payment: Payment }, ports: { bank }, emits: [Told] })
    .on(Pay, async ({ id }, { payment, call, emit }) => {
      const before = await payment.get(id);
      if ((before?.times ?? 0) >= counts) return;
      payment.put(id, { state: "charging", times: (before?.times ?? 0) + 1 });
      if (before === undefined) call(bank.charge, { key: id, input: { id } });
      else emit(Told({ id }));
    })
    .outcome(bank.charge, {
      ok: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "paid", times: 1 }); },
      declined: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "failed", times: 1 }); },
      notPerformed: ({ call: { input } }, { payment }) => { payment.put(input.id, { state: "failed", times: 1 }); },
      unknown: (_, { reconcile }) => { reconcile(); },
    });
  // The same arrival may be nothing to one service and something to another.
  const tallying = service("tallying", { entities: { tally: Tally } })
    .on(Told, async ({ id }, { tally }) => {
      const seen = (await tally.get(id))?.seen ?? 0;
      if (seen < 1) tally.put(id, { seen: seen + 1 });
    });
  const listening = service("listening", { entities: { heard: entity("heard", { data: z.object({}) }) } })
    .on(Told, async ({ id }, { heard }) => { if ((await heard.get(id)) === undefined) heard.put(id, {}); });
  return [paying, tallying, listening] as const;
}

async function worldsOf(
  counts: number, budget: number, when: readonly (ReturnType<typeof Pay> | ReturnType<typeof Told>)[], returnsBudgets: boolean,
): Promise<Set<string>> {
  const opened = await openSystem({
    system: services(counts), when, returnsBudgets, ports: [answers(bank, { charge: { ok: {}, declined: {} } })],
    faults: { duplicates: budget, crashes: budget, ports: { "bank.charge": ["ok", "declined", "notPerformed", "unknown-applied", "unknown-not-applied"] } },
  });
  return await everyWorld(opened);
}

async function everyWorld({ space, look }: OpenedSystem): Promise<Set<string>> {
  const texts = new Set<string>();
  const seen = new Set<string>();
  const words = new Uint32Array(4);
  const waiting: World[] = [];
  const reach = (world: World): void => {
    space.fingerprint(world, words, 0);
    const id = words.join();
    if (seen.has(id)) return;
    seen.add(id);
    waiting.push(world);
    const { documents, queues, calls, effects } = look(world);
    const rows = calls.map((line) => line.rows.map(({ call, state, attempts }) => [call.id, state, attempts]));
    const waits = queues.map(({ group, key, messages: queue, parked }) => [group, key, queue.map((one) => [one.name, one.body]), parked]);
    texts.add(JSON.stringify([documents, waits, rows, effects]));
  };
  for (const world of space.initials()) reach(world);
  for (let world = waiting.shift(); world !== undefined; world = waiting.shift()) await space.expand(world, (_, next) => { reach(next); });
  return texts;
}

const CASES = [
  ["every repeat is nothing", 1, 2, [Pay({ id: "a" })]], ["the first repeat is something", 2, 2, [Pay({ id: "a" })]],
  ["two services hear of it", 1, 2, [Told({ id: "a" })]], ["two stimuli of one key", 2, 1, [Pay({ id: "a" }), Told({ id: "a" })]],
] as const;

for (const [what, counts, budget, when] of CASES) {
  test(`the worlds are the same whether budgets come back or not: ${what}`, async () => {
    const without = await worldsOf(counts, budget, when, false);
    const returned = await worldsOf(counts, budget, when, true);
    assert.ok(without.size > 10);
    assert.deepEqual([...returned].sort(), [...without].sort());
  });
}
