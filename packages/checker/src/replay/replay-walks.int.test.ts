// What a replay plays is what the checker saw: random walks through a system with everything in it, taken by the checker and played again in
// memory and on PostgreSQL, show a property the same world after every step.
import assert from "node:assert/strict";
import test from "node:test";
import { command, entity, event, port, service, terminal, transient } from "@evenkeel/core";
import { inMemory, onPostgres, replay, type ReplayPlace, type ReplayScript } from "@evenkeel/testkit/replay";
import { z } from "zod";
import { answers, arrival, optional } from "../index.ts";
import type { TraceStep } from "../report.ts";
import type { World } from "../system/cell.ts";
import { openSystem } from "../system/check-system.ts";
import { scenario } from "../system/scenario.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { scriptOf } from "./script-of.ts";

const Order = z.object({ orderId: z.string() });
const byOrder = (order: { readonly orderId: string }): string => order.orderId;
const Start = command("start", { key: byOrder, data: Order });
const Open = command("open", { key: byOrder, data: Order });
const Halt = command("halt", { key: byOrder, data: Order });
const Started = event("started", { key: byOrder, data: Order });
const Paid = event("paid", { key: byOrder, data: Order.extend({ how: z.string() }) });
const Remind = command("remind", { key: byOrder, data: Order.extend({ times: z.number() }) });
const Purchase = entity("purchase", { data: z.object({ state: z.string(), reminders: z.number() }) });
const Shared = entity("shared", { data: z.array(z.string()) });
const Gate = entity("gate", { data: z.object({ opened: z.boolean(), by: z.string() }) });
const Receipt = z.object({ receipt: z.string() });
const bank = port("bank", {
  pay: { input: z.object({ orderId: z.string() }), ok: Receipt, failures: { refused: Receipt } },
  thank: { input: z.object({ orderId: z.string() }), ok: Receipt, reconcile: "repeat" },
});

const buying = service("buying", { entities: { purchase: Purchase, shared: Shared }, ports: { bank }, emits: [Started, Paid, Remind] })
  .on(Start, async ({ orderId }, { purchase, shared, call, emit, schedule }) => {
    shared.put("all", [...((await shared.get("all")) ?? []), orderId]);
    call(bank.pay, { key: `${orderId}/pay`, input: { orderId } });
    call(bank.thank, { key: `${orderId}/thank`, input: { orderId } });
    purchase.put(orderId, { state: "started", reminders: 0 });
    schedule(Remind({ orderId, times: 1 }), { afterMs: 86_400_000, name: "remind" });
    emit(Started({ orderId }));
  })
  .on(Remind, async ({ orderId, times }, { purchase, schedule }) => {
    const before = await purchase.get(orderId);
    if (before === undefined) return;
    purchase.put(orderId, { ...before, reminders: before.reminders + 1 });
    if (times === 1) schedule(Remind({ orderId, times: 2 }), { afterMs: 1_000 });
  })
  .on(Halt, ({ orderId }, { purchase, unschedule }) => {
    unschedule("remind");
    purchase.delete(orderId);
  })
  .outcome(bank.pay, {
    ok: ({ call: { input } }, { emit }) => { emit(Paid({ orderId: input.orderId, how: "ok" })); },
    refused: ({ call: { input } }, { emit }) => { emit(Paid({ orderId: input.orderId, how: "refused" })); },
    notPerformed: ({ call: { input } }, { emit }) => { emit(Paid({ orderId: input.orderId, how: "not performed" })); },
    unknown: ({ call: { attempts } }, { reconcile, abandon }) => { if (attempts > 1) abandon(); else reconcile(); },
  })
  .outcome(bank.thank, {
    ok: () => undefined,
    notPerformed: () => { throw terminal("NO_THANKS", "not thanked"); },
    unknown: (_call, { reconcile }) => { reconcile(); },
  });

const packing = (by: string) => service("packing", { entities: { gate: Gate } })
  .on(Open, ({ orderId }, { gate }) => { gate.put(orderId, { opened: true, by }); })
  .on(Started, async ({ orderId }, { gate }) => {
    if ((await gate.get(orderId)) === undefined) throw transient("SHUT", "the gate is shut", { afterMs: 3_600_000 });
  })
  .on(Paid, ({ how }) => { if (how === "refused") throw terminal("REFUSED", "nobody pays"); });

const ENDS = ["ok", "refused", "unknown-applied", "unknown-not-applied", "late-applied", "late-denied", "unresolved"] as const;

/** What a property saw, with what two worlds may say in other words left out. */
function recorder(into: string[]): (state: object) => boolean {
  return (state) => {
    const { provider, observed, messages, parked, deadLetters, calls, isQuiet, buying: one, packing: other } = state as Readonly<Record<string, unknown>>;
    const documents = { ...fieldsOf(one, ["purchase", "shared"]), ...fieldsOf(other, ["gate"]) };
    into.push(JSON.stringify(sorted({ documents, provider, observed, messages, parked, deadLetters, calls, isQuiet }), null, 1));
    return true;
  };
}

function fieldsOf(value: unknown, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, (value as Readonly<Record<string, unknown>>)[name]]));
}

/** Neither the order of rows is promised, nor the words of a failure. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== "reason" && name !== "failure").sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
}

const definitionWith = (ends: readonly (typeof ENDS[number] | "notPerformed")[], crashes: number, watched: (state: object) => boolean) => ({
  name: "walks",
  system: [buying, packing("one")], versions: [packing("two")],
  given: [Open({ orderId: "given" }), Start({ orderId: "given" })],
  when: [
    Start({ orderId: "a" }), arrival(Start({ orderId: "b" }), { tenant: "other", idempotencyKey: "b" }), Start({ orderId: "c" }), Open({ orderId: "a" }), Open({ orderId: "c" }),
    optional(Halt({ orderId: "a" })),
  ],
  ports: [answers(bank, { pay: { ok: { receipt: "r" }, refused: { receipt: "r" } }, thank: { ok: { receipt: "r" } } })],
  faults: { duplicates: 1, crashes, poisons: 1, redrives: 2, ports: { "bank.pay": ends, "bank.thank": ends.filter((end) => end !== "refused" && end !== "unresolved") } },
  observe: [Paid, Started],
  invariants: { watched },
} as const);

/** After a crash the runner takes no call for "not performed" that the dead worker may have begun, and the checker only the one it had. */
const FAULTS = [{ crashes: 2, ends: ENDS }, { crashes: 0, ends: ["ok", "refused", "notPerformed", "unknown-applied"] }] as const;

/** Takes one walk twice. @returns the kinds of its steps. */
async function walkTwice({ crashes, ends }: typeof FAULTS[number], seed: number, most: number, place: ReplayPlace): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const first: string[] = [];
  const watched = recorder(first);
  // An invariant is not asked again about what it has seen before; a property of steps is asked about each.
  const seen = (_before: object, after: object): boolean => watched(after);
  const { space, subject } = await openSystem({ ...definitionWith(ends, crashes, watched), steps: { seen } });
  const [invariant] = subject.properties.invariants;
  const [stepProperty] = subject.properties.steps;
  let [world] = [...space.initials()];
  assert.ok(world !== undefined && invariant !== undefined && stepProperty !== undefined);
  invariant.holds(world);
  const steps: TraceStep[] = [{ action: null, detail: undefined, state: null, tale: null }];
  for (let step = 0; step < most; step++) {
    const next: { readonly world: World; readonly step: TraceStep }[] = [];
    await space.expand(world, (action, to, detail) => {
      const name = space.actions[action] ?? "";
      next.push({ world: to, step: { action: name, detail, state: null, tale: subject.tell?.(name, detail) ?? null } });
    });
    const chosen = next[random(next.length)];
    if (chosen === undefined) break;
    const before = world;
    world = chosen.world;
    steps.push(chosen.step);
    stepProperty.holds(before, world, chosen.step.action ?? "");
  }
  assert.equal(first.length, steps.length);
  const script = scriptOf({ ...report, trace: { property: "watched", steps, backTo: null, avoidableAfter: null } });
  assert.ok(script !== null);
  const second: string[] = [];
  const { skipped } = await replay(script as ReplayScript, scenario(definitionWith(ends, crashes, recorder(second))), place);
  const way = script.steps.map(({ says }, index) => `${String(index + 1)} ${says}`);
  for (const [index, seen] of first.entries()) {
    assert.equal(second[index], seen, `seed ${String(seed)}, ${place.name}, after:\n${way.slice(0, index).join("\n")}`);
  }
  assert.deepEqual(skipped, []);
  return script.steps.map(({ does, ...step }) => (does === "arrives" && step["again"] === true ? "arrives again" : does === "performs" && step["dies"] === true ? "dies" : does));
}

const report = {
  subject: "walks", verdict: "violated", reason: "", assumptions: [], distinct: 0, generated: 0, unexpanded: 0, depth: 0, wholeLevels: 0, seconds: 0, collisionProbability: 0,
  seed: 0, peakMemoryBytes: 0, actions: [], invariants: [], witnesses: [], temporal: [], handlerRuns: 0,
} as const;

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const SEED = Number(process.env["CHECK_SEED"] ?? Date.now() % 1_000_000);

/** @returns the kinds of steps that there were. */
async function walks(count: number, most: number, place: ReplayPlace): Promise<readonly string[]> {
  const kinds = new Set<string>();
  for (const [index, faults] of FAULTS.entries()) {
    for (let walk = 0; walk < count; walk++) for (const kind of await walkTwice(faults, SEED + 1_000 * index + walk, most, place)) kinds.add(kind);
  }
  return [...kinds].sort();
}

test(`walks are played again in memory as the checker took them (CHECK_SEED=${String(SEED)})`, async () => {
  // A walk that never went there has shown nothing.
  assert.deepEqual(await walks(Number(process.env["CHECK_WALKS"] ?? 15), 60, inMemory()), [
    "arrives", "arrives again", "asks", "dies", "fires", "gives up", "handles", "is killed", "is redriven", "lands", "performs",
  ]);
});

test(`walks are played again on PostgreSQL as the checker took them (CHECK_SEED=${String(SEED)})`, { timeout: 240_000 }, async () => {
  const kinds = await walks(Number(process.env["CHECK_WALKS"] ?? 2), 40, onPostgres({ url }));
  for (const kind of ["arrives", "handles", "performs"]) assert.ok(kinds.includes(kind), `no walk had '${kind}'`);
});
