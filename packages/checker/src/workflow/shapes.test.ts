// The standard invariants hold of workflows as they ship, in every shape that a function can have: children awaited, left behind and cancelled, steps
// beside each other and beside the pivot, requests to services that are undone, failures that are caught, caps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, entity, event, port, service, terminal, workflow } from "@evenkeel/core";
import { z } from "zod";
import { answers, check, optional, workflowInvariants, type SystemReport } from "../index.ts";

const Thing = z.object({ id: z.string() });
const works = port("works", {
  a: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  undoA: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  b: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
  undoB: { input: Thing, ok: Thing, reconcile: "repeat" },
  decide: { input: Thing, ok: Thing, failures: { no: z.object({}) }, reconcile: "repeat" },
});
const ok = ({ input }: { readonly input: z.infer<typeof Thing> }) => input;
const ports = [answers(works, { a: { ok, no: {} }, undoA: { ok, no: {} }, b: { ok, no: {} }, undoB: { ok }, decide: { ok, no: {} } })];
const faults = { ports: { "works.a": ["ok", "no", "unknown-applied"], "works.undoA": ["ok", "no"], "works.b": ["ok", "no"], "works.decide": ["ok", "no"] } } as const;
const options = { input: Thing, ports: { works }, maxAttempts: 2 } as const;
const input = { id: "o" };
const reason = "changed my mind";

function assertExhausted({ verdict, distinct, reason: why, trace }: SystemReport, states: number): void {
  assert.deepEqual([verdict, distinct], ["pass", states], `${why} ${JSON.stringify(trace?.steps.map(({ action }) => action))}`);
}

test("A parent that waits for its child, both with a pivot; cancelled at any time", async () => {
  const child = workflow("child", options, async (one, w) => {
    await w.step("a", works.a, one, { undo: works.undoA });
    await w.pivot("decide", works.decide, one);
  });
  const parent = workflow("parent", { ...options, children: [child] }, async (one, w) => {
    await w.step("b", works.b, one, { undo: works.undoB });
    await w.child("kid", child, { id: "kid", input: one });
    await w.pivot("decide", works.decide, one);
  });
  assertExhausted(await check({
    system: [parent, child], ports, faults, when: [parent.start({ id: "o", input }), optional(parent.cancel({ id: "o", reason }))],
    invariants: { ...workflowInvariants(parent), ...workflowInvariants(child) },
    eventually: { "nothing is a defect": (s) => s.deadLetters.length === 0 },
  }), 222);
});

test("A child under way when a step beside it fails, or when its parent is cancelled, is told to end, and waited for", async () => {
  const child = workflow("child", options, async (one, w) => {
    await w.step("a", works.a, one, { undo: works.undoA });
    await w.sleep({ days: 1 });
    await w.step("b", works.b, one, { undo: works.undoB });
  });
  const parent = workflow("parent", { ...options, children: [child] }, async (one, w) => {
    await w.step("b", works.b, one, { undo: works.undoB });
    await Promise.all([w.child("kid", child, { id: "kid", input: one }), w.step("decide", works.decide, one, { undo: works.undoA })]);
  });
  assertExhausted(await check({
    system: [parent, child], ports, faults, when: [parent.start({ id: "o", input }), optional(parent.cancel({ id: "o", reason }))],
    invariants: { ...workflowInvariants(parent, { without: ["pivot"] }), ...workflowInvariants(child, { without: ["pivot"] }) },
    eventually: { "nothing is a defect": (s) => s.deadLetters.length === 0 },
  }), 1_655);
});

test("A parent that returns before its child has ended, ends after it", async () => {
  const child = workflow("child", options, async (one, w) => { await w.retriable("a", works.a, one); });
  const parent = workflow("parent", { input: Thing, children: [child] }, async (one, w) => {
    await Promise.race([w.child("kid", child, { id: "kid", input: one }), w.sleep({ hours: 1 })]);
  });
  assertExhausted(await check({
    system: [parent, child], ports, faults, when: [parent.start({ id: "o", input })],
    invariants: { ...workflowInvariants(parent, { without: ["undo", "pivot"] }), ...workflowInvariants(child, { without: ["undo", "pivot"] }) },
    sometimes: { "a child is awaited by nobody": (s) => s.parent.runs.some(({ status, journal }) => status === "running" && journal.some((entry) => entry.kind === "settled")) },
  }), 48);
});

test("A step that must succeed beside the pivot, put before a person and tried again, or cancelled", async () => {
  const beside = workflow("beside", options, async (one, w) => {
    const rest = w.retriable("a", works.a, one);
    await w.pivot("decide", works.decide, one);
    await rest;
  });
  assertExhausted(await check({
    system: [beside], ports, faults,
    when: [beside.start({ id: "o", input }), optional(beside.cancel({ id: "o", reason })), optional(beside.retry({ id: "o" }))],
    invariants: { ...workflowInvariants(beside, { without: ["undo"] }) },
    sometimes: { "a person must look": (s) => s.beside.runs.some(({ status }) => status === "attention") },
  }), 2_930);
});

test("A request to a service whose answer may come too late, between two steps; cancelled, and tried again, at any time", async () => {
  const Hold = command("hold", { key: (one) => `hold ${one.id}`, data: Thing });
  const Release = command("release", { key: (one) => `release ${one.id}`, data: Thing });
  const Held = event("held", { key: (one) => one.id, data: Thing });
  const Refused = event("refused", { key: (one) => one.id, data: Thing });
  const Released = event("released", { key: (one) => one.id, data: Thing });
  const shelf = service("shelf", { entities: { hold: entity("hold", { data: z.object({ isHeld: z.boolean() }) }) }, emits: [Held, Refused, Released] })
    .on(Hold, async ({ id }, { hold, emit }) => {
      if ((await hold.get(id)) !== undefined) {
        emit(Refused({ id }));
        return;
      }
      hold.put(id, { isHeld: true });
      emit(Held({ id }));
    })
    .on(Release, ({ id }, { hold, emit }) => {
      hold.put(id, { isHeld: false });
      emit(Released({ id }));
    });
  const holding = workflow("holding", { ...options, emits: [Hold, Release], waitsFor: [Held, Refused, Released] }, async (one, w) => {
    await w.step("a", works.a, one, { undo: works.undoA });
    const undo = { send: Release(one), answers: [Released], unless: [Refused] } as const;
    const answer = await w.ask(Hold(one), { answers: [Held, Refused], within: { hours: 1 }, undo });
    if (answer?.name !== "held") throw terminal("NOT_HELD", "It was not held in time.");
    await w.step("b", works.b, one, { undo: works.undoB });
    await w.pivot("decide", works.decide, one);
  });
  assertExhausted(await check({
    system: [holding, shelf], ports, faults,
    when: [holding.start({ id: "o", input }), optional(holding.cancel({ id: "o", reason })), optional(holding.retry({ id: "o" }))],
    invariants: { ...workflowInvariants(holding) },
    eventually: {
      "who gave up holds nothing": (s) => s.holding.runs.every(({ status }) => status === "completed" || status === "attention" || s.shelf.hold.every(({ isHeld }) => !isHeld)),
    },
  }), 11_563);
});

test("A failure that is caught, and a map of three by two; cancelled at any time", async () => {
  const caught = workflow("caught", options, async (one, w) => {
    await w.step("a", works.a, one, { undo: works.undoA });
    await w.step("b", works.b, one, { undo: works.undoB }).catch(() => w.readonly("look", works.decide, one));
    await w.map(["x", "y", "z"], { atMost: 2 }, (id) => w.step(`b ${id}`, works.b, { id }, { undo: works.undoB }));
    await w.pivot("decide", works.decide, one);
  });
  assertExhausted(await check({
    system: [caught], ports, faults, when: [caught.start({ id: "o", input }), optional(caught.cancel({ id: "o", reason }))],
    invariants: { ...workflowInvariants(caught) },
  }), 3_801);
});

test("Steps beside each other whose workers die, or of which nothing is known: both may have happened while neither has ended", async () => {
  const both = workflow("both", options, async (one, w) => {
    await Promise.all([w.step("a", works.a, one, { undo: works.undoA }), w.step("b", works.b, one, { undo: works.undoB })]);
    await w.pivot("decide", works.decide, one);
  });
  const checked = (reductions?: { readonly partialOrder: boolean; readonly retired: boolean }) => check({
    system: [both], ports, faults: { ...faults, crashes: 1 }, ...(reductions === undefined ? {} : { reductions }), when: [both.start({ id: "o", input }), optional(both.cancel({ id: "o", reason }))],
    invariants: { ...workflowInvariants(both) },
    eventually: { "nothing is a defect": (s) => s.deadLetters.length === 0 },
    sometimes: {
      "both have happened, and neither has ended": (s) => s.provider["works.a"].some(({ applied }) => applied > 0) && s.provider["works.b"].some(({ applied }) => applied > 0)
        && s.calls.length === 2,
      "the one asked for last ends first": (s) => s.both.runs.some(({ journal }) => journal.some((entry, at) => entry.kind === "settled" && at === 2 && entry.of === 1)),
    },
  });
  assertExhausted(await checked(), 1_155);
  assertExhausted(await checked({ partialOrder: true, retired: true }), 1_071);
});
