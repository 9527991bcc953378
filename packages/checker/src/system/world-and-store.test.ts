// The checker's world is held to the shipping store: random walks take the same steps in both, and both must say the same after each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, entity, event, port, service, terminal, transient } from "@evenkeel/core";
import { partitionOf } from "@evenkeel/core/spi";
import { z } from "zod";
import { answers, optional } from "../index.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { World } from "./cell.ts";
import { openSystem, type OpenedSystem } from "./check-system.ts";
import type { Looked } from "./look.ts";
import type { StepDetail } from "./step-detail.ts";
import { PARTITIONS, rowText, storeTwin, type TwinState } from "./testing/store-twin.ts";

const Order = z.object({ orderId: z.string() });
const byOrder = (order: { readonly orderId: string }): string => order.orderId;
const Start = command("start", { key: byOrder, data: Order });
const Open = command("open", { key: byOrder, data: Order });
const Halt = command("halt", { key: byOrder, data: Order });
const Started = event("started", { key: byOrder, data: Order });
const Paid = event("paid", { key: byOrder, data: Order.extend({ how: z.string() }) });
const Nudged = event("nudged", { key: byOrder, data: Order });
const Remind = command("remind", { key: byOrder, data: Order.extend({ times: z.number() }) });
const Purchase = entity("purchase", { data: z.object({ state: z.string(), reminders: z.number() }) });
const Shared = entity("shared", { data: z.object({ log: z.array(z.string()) }) });
const Gate = entity("gate", { data: z.object({ opened: z.boolean() }) });

const Receipt = z.object({ receipt: z.string() });
const bank = port("bank", {
  pay: { input: z.object({ orderId: z.string(), pence: z.number() }), ok: Receipt, failures: { refused: Receipt } },
  thank: { input: z.object({ orderId: z.string() }), ok: Receipt, reconcile: "repeat" },
});

const buying = service("buying", { entities: { purchase: Purchase, shared: Shared }, ports: { bank }, emits: [Started, Paid, Remind] })
  .on(Start, async ({ orderId }, { purchase, shared, call, emit, schedule }) => {
    const [before, log] = await Promise.all([purchase.get(orderId), shared.get("all")]);
    shared.put("all", { log: [...(log?.log ?? []), orderId] });
    // The second start asks for another sum while the first is under way: the store refuses that call, and with it the whole commit.
    call(bank.pay, { key: `${orderId}/pay`, input: { orderId, pence: before === undefined ? 100 : 200 } });
    call(bank.thank, { key: `${orderId}/thank`, input: { orderId } });
    purchase.put(orderId, { state: "started", reminders: 0 });
    schedule(Remind({ orderId, times: 1 }), { afterMs: 0, name: "remind" });
    schedule(Remind({ orderId, times: 9 }), { afterMs: 0 });
    emit(Started({ orderId }));
  })
  .on(Remind, async ({ orderId, times }, { purchase, schedule }) => {
    const before = await purchase.get(orderId);
    if (before === undefined) return;
    purchase.put(orderId, { ...before, reminders: before.reminders + 1 });
    if (times === 1) schedule(Remind({ orderId, times: 2 }), { afterMs: 0, name: "remind" });
  })
  .on(Halt, async ({ orderId }, { purchase, unschedule }) => {
    unschedule("remind");
    purchase.delete(orderId);
  })
  .outcome(bank.pay, {
    ok: ({ call: { input } }, { emit }) => { emit(Paid({ orderId: input.orderId, how: "ok" })); },
    refused: ({ call: { input } }, { emit }) => { emit(Paid({ orderId: input.orderId, how: "refused" })); },
    notPerformed: ({ call: { input } }, { emit }) => { emit(Paid({ orderId: input.orderId, how: "not performed" })); },
    unknown: async ({ call: { input, attempts } }, { purchase, reconcile, abandon }) => {
      const before = await purchase.get(input.orderId);
      if (before?.reminders === 1) return;
      if (attempts > 1) abandon();
      else reconcile();
    },
  })
  .outcome(bank.thank, {
    ok: () => undefined,
    notPerformed: () => { throw terminal("NO_THANKS", "not thanked"); },
    unknown: (_call, { reconcile }) => { reconcile(); },
  });

const packing = service("packing", { entities: { gate: Gate }, emits: [Nudged] })
  .on(Open, ({ orderId }, { gate }) => { gate.put("main", { opened: true }); if (orderId === "b") gate.delete("main"); })
  .on(Started, async ({ orderId }, { gate, emit }) => {
    if ((await gate.get("main")) === undefined) throw transient("SHUT", "the gate is shut");
    emit(Nudged({ orderId }));
  })
  .on(Paid, async ({ how }, { gate }) => {
    if (how === "refused") throw terminal("REFUSED", "nobody pays");
    if ((await gate.get("main"))?.opened !== true) throw transient("SHUT", "the gate is shut");
  });

const SERVICES = [buying, packing];
const KEYS = ["a", "b", "c"];
const ENTITIES: readonly (readonly [string, readonly string[]])[] = [["purchase", KEYS], ["shared", ["all"]], ["gate", ["main"]]];
const REFS = ENTITIES.flatMap(([entity, keys]) => keys.map((key) => ({ entity, key })));

test("each key of the walks has a partition of its own, so that any key can be served next", () => {
  assert.equal(new Set(KEYS.map((key) => partitionOf("default", key, PARTITIONS))).size, KEYS.length);
});

// `notPerformed` after a crash is `unknown` for every call that the dead worker may have begun: a walk has crashes or `notPerformed`.
const FAULTS = [
  { crashes: 2, ends: ["ok", "refused", "unknown-applied", "unknown-not-applied", "late-applied", "late-denied"] },
  { crashes: 0, ends: ["ok", "refused", "notPerformed", "unknown-applied", "unknown-not-applied"] },
] as const;

const WALKS = Number(process.env["CHECK_WALKS"] ?? 25);
const SEED = Number(process.env["CHECK_SEED"] ?? Date.now() % 1_000_000);

for (const [index, { crashes, ends }] of FAULTS.entries()) {
  test(`random walks say the same as the store, with ${ends.join(", ")} (CHECK_SEED=${String(SEED)})`, async () => {
    const seen = new Set<string>();
    // One system for all walks: most of their steps use what a handler decided in an earlier one, and the store's side runs it.
    const opened = await openSystem({
      system: SERVICES,
      when: [
        Start({ orderId: "a" }), Start({ orderId: "a" }), Start({ orderId: "b" }), Open({ orderId: "a" }), Open({ orderId: "b" }), Open({ orderId: "c" }),
        optional(Halt({ orderId: "a" })),
      ],
      ports: [answers(bank, { pay: { ok: { receipt: "r" }, refused: { receipt: "r" } }, thank: { ok: { receipt: "r" } } })],
      faults: { duplicates: 1, crashes, poisons: 1, redrives: 2, ports: { "bank.pay": ends, "bank.thank": ends.filter((end) => end !== "refused") } },
    });
    for (let walk = 0; walk < WALKS; walk++) {
      await walkBoth(opened, randomOf(SEED + 1_000 * index + walk), seen, `seed ${String(SEED)}, walk ${String(walk)}`);
    }
    // A walk that never went there has shown nothing.
    for (const kind of ["arrived", "arrived again", "handled", "killed", "redriven", "performed", "asked", "fired", ...(crashes > 0 ? ["performed and died", "landed"] : [])]) {
      assert.ok(seen.has(kind), `no walk had '${kind}'`);
    }
  });
}

interface Step { readonly action: string; readonly next: World; readonly detail: StepDetail }

async function walkBoth({ space, plan, look }: OpenedSystem, random: () => number, seen: Set<string>, of: string): Promise<void> {
  const twin = await storeTwin(SERVICES, { now: plan.now, attempts: plan.attempts, valueOf: () => JSON.stringify({ receipt: "r" }) });
  let [world] = [...space.initials()];
  assert.ok(world !== undefined);
  const way: string[] = [];
  for (let step = 0; step < 80; step++) {
    const steps: Step[] = [];
    await space.expand(world, (action, next, detail) => { steps.push({ action: space.actions[action] ?? "", next, detail }); });
    const chosen = steps[Math.floor(random() * steps.length)];
    if (chosen === undefined) break;
    const { detail } = chosen;
    way.push(`${chosen.action} (${"message" in detail ? detail.message.key : "call" in detail && detail.call !== null ? detail.call.callKey : "key" in detail ? detail.key : detail.kind})`);
    seen.add(detail.kind === "arrived" && detail.again ? "arrived again" : detail.kind === "performed" && detail.workerDied ? "performed and died" : detail.kind);
    await twin.step(detail);
    assert.deepEqual(stateOf(look(chosen.next)), await twin.state(REFS, KEYS), `${of}, after:\n${way.join("\n")}`);
    world = chosen.next;
    // As a frontier on disk would keep it.
    const writer = new ByteWriter();
    const codec = space.codec();
    codec.write(world, writer);
    const read = codec.read(new ByteReader(writer.bytes));
    assert.deepEqual(look(read), look(world));
    assert.deepEqual(wordsOf(space, read, 0), wordsOf(space, world, 0));
    assert.deepEqual(wordsOf(space, read, 7), wordsOf(space, world, 7));
  }
}

function wordsOf(space: OpenedSystem["space"], world: World, seed: number): string {
  const words = new Uint32Array(4);
  space.fingerprint(world, words, seed);
  return words.join();
}

function stateOf(cells: Looked): TwinState {
  const sorted = (entries: [string, string][]): Record<string, string> => Object.fromEntries(entries);
  return {
    documents: sorted(cells.documents.map(({ id, body }) => [id, body])),
    queues: Object.fromEntries(cells.queues.map(({ group, key, messages }) => [`${group} ${key}`, messages.map(({ name, body }) => `${name} ${body}`)])),
    parked: sorted(cells.queues.flatMap(({ group, key, parked }) =>
      (parked === null ? [] : [[`${group} ${key}`, `${String(parked.attempts)} ${parked.code} ${parked.isDead ? "dead" : "waiting"}`]]))),
    calls: Object.fromEntries(cells.calls.map(({ group, key, rows }) => [`${group} ${key}`, rows.map((row) => rowText({ ...row.call, state: row.state, attempts: row.attempts }))])),
    timers: cells.timers.map(({ name, body }) => `${name} ${body}`).sort(),
  };
}

/** Mulberry32 (Tommy Ettinger, public domain). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
