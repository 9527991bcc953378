// Batches: how many queries they need, how often handlers run, and that every message reads what those before it wrote.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { terminal } from "../errors.ts";
import type { Decision, DocumentRef } from "../message/changes.ts";
import { event } from "../message/definition.ts";
import type { Message } from "../message/envelope.ts";
import { decideBatch, type BatchItem } from "./batch.ts";
import { DocumentCache } from "./document-cache.ts";
import { entity, type EntityAccess } from "./entity.ts";
import type { Recorder } from "./recorder.ts";
import { routesOf } from "./routes.ts";
import { service } from "./service.ts";

const Moved = event("moved", { key: ({ id }) => id, data: z.object({ id: z.string(), from: z.string(), to: z.string(), fail: z.boolean() }) });
const Pile = entity("pile", { data: z.object({ units: z.int(), next: z.string() }) });

interface Move { readonly id: string; readonly from: string; readonly to: string; readonly fail: boolean }
type Piles = EntityAccess<{ units: number; next: string }>;

/** A store with piles of 100, and a service that moves a unit from pile to pile, reading both together or one after the other. */
function scene(options: {
  readonly together: boolean; readonly capacity?: number; readonly broken?: boolean; readonly apart?: boolean;
  /** What the handler returns at once, instead of a promise. */
  readonly returns?: () => void;
  /** How long a query takes. */
  readonly slowly?: () => Promise<void>;
  /** Another handler. */
  readonly handle?: (move: Move, pile: Piles) => Promise<void>;
}) {
  const queries: string[][] = [];
  let started = 0;
  let ended = 0;
  const mover = service("mover", { entities: { pile: Pile } }).on(Moved, (move_, context) => {
    const { returns, handle = moveUnit } = options;
    return returns === undefined ? handle(move_, context.pile) : returns();
  });
  async function moveUnit({ id, from, to, fail }: Move, pile: Piles): Promise<void> {
    started++;
    try {
      const first = pile.get(from);
      if (!options.together) await first;
      const second = pile.get(to);
      const [source, target] = options.apart === true ? [await first, await second] : await Promise.all([first, second]);
      if (fail) throw terminal("NO", `${id} fails`);
      pile.put(from, { units: (source?.units ?? 0) - 1, next: to });
      pile.put(to, { units: (target?.units ?? 0) + 1, next: from });
    } finally {
      ended++;
    }
  }
  const decider = {
    service: mover, routes: routesOf(mover),
    settings: { partitions: 1, limits: { maxBodyLength: 1_000, onLargeBody: () => undefined }, now: 0, settled: () => Promise.resolve() },
    watchdog: { watch: (recorder: Recorder, stall: () => void) => ({ recorder, stall, since: 0, quietSince: 0 }), unwatch: () => undefined },
  };
  const ports = {
    cache: new DocumentCache(options.capacity ?? 1_000_000),
    load: async (refs: readonly DocumentRef[]) => {
      queries.push(refs.map((ref) => ref.key));
      await options.slowly?.();
      if (options.broken === true) throw new Error("the store is away");
      return refs.map((ref) => ({ ...ref, version: 1, body: JSON.stringify({ units: 100, next: "" }) }));
    },
    soon: (task: () => void) => { setImmediate(task); },
  };
  const decide = (...items: readonly BatchItem[]) => decideBatch(decider, items, ports);
  return { queries, decide, runs: () => ({ started, ended }) };
}

let position = 0;
function move(from: string, to: string, change: { readonly key?: string; readonly fail?: boolean } = {}): BatchItem {
  const id = change.key ?? `${from}-${to}`;
  const message: Message = {
    id: `message-${String(++position)}`, name: "moved", version: 1, tenant: "default", key: id, partition: 0, position,
    body: JSON.stringify({ id, from, to, fail: change.fail ?? false }), causationId: null, correlationId: "c", trace: null, occurredAt: 0,
  };
  return { message, plan: { kind: "run" } };
}

function unitsAfter(decisions: readonly Decision[]): Record<string, number> {
  const units: Record<string, number> = {};
  for (const decision of decisions) {
    assert.equal(decision.kind, "changes");
    if (decision.kind !== "changes") continue;
    for (const { key, write } of decision.changes.documents) if (write.kind === "put") units[key] = unitsOf(write.body);
  }
  return units;
}

function unitsOf(body: string): number {
  return z.object({ units: z.int() }).parse(JSON.parse(body)).units;
}

test("reads that begin together are one query, and no handler runs twice however much messages write over each other", async () => {
  const { queries, decide, runs } = scene({ together: true });
  const { decisions } = await decide(move("a", "b"), move("b", "c"), move("c", "a"), move("a", "d"));
  assert.deepEqual(queries.map((keys) => [...keys].sort()), [["a", "b", "c", "d"]]);
  assert.deepEqual(runs(), { started: 4, ended: 4 });
  assert.deepEqual(unitsAfter(decisions), { a: 99, b: 100, c: 100, d: 101 });
});

test("reads one after the other are as many queries as there are steps, and what was decided on a wrong guess is decided again", async () => {
  const { queries, decide } = scene({ together: false });
  const { decisions, runs } = await decide(move("a", "b"), move("c", "d"), move("a", "c"), move("e", "f"));
  assert.equal(queries.length, 2);
  assert.equal(runs, 4);
  assert.deepEqual(unitsAfter(decisions), { a: 98, b: 101, c: 100, d: 101, e: 99, f: 101 });
});

test("what all read second is answered in their turn: no handler runs twice, although each writes what the next reads second", async () => {
  const { queries, decide, runs } = scene({ together: false });
  const { decisions } = await decide(move("a", "x"), move("b", "x"), move("c", "x"), move("d", "x"));
  assert.deepEqual(queries.map((keys) => [...keys].sort()), [["a", "b", "c", "d"], ["x"]]);
  assert.deepEqual(runs(), { started: 4, ended: 4 });
  assert.deepEqual(unitsAfter(decisions), { a: 99, b: 99, c: 99, d: 99, x: 104 });
});

test("what is still being loaded for a guess when its turn comes is read as it was written meanwhile", async () => {
  const turns = async (count: number): Promise<void> => { for (let turn = 0; turn < count; turn++) await new Promise(setImmediate); };
  const { decide } = scene({
    together: true, slowly: () => turns(8),
    handle: async ({ from, to, fail }, pile) => {
      if (fail) {
        // The first has the others guessed while their piles are on their way, and writes one without reading it.
        void pile.get(from);
        await turns(3);
        void pile.get("another");
        pile.put(to, { units: 7, next: "" });
        return;
      }
      const { units } = await pile.get(from) ?? { units: 0 };
      pile.put(from, { units: units + 1, next: to });
    },
  });
  const { decisions } = await decide(move("a", "b", { fail: true }), move("b", "c"), move("d", "c"));
  assert.deepEqual(unitsAfter(decisions), { b: 8, d: 101 });
});

test("what only the second message of a key needs, after the first, is loaded for all keys together, and the guess of it is right", async () => {
  let handled = 0;
  const { queries, decide } = scene({
    together: true,
    // The first message of a pile takes from it; the second finds it begun, and looks at another.
    handle: async ({ from, to }, pile) => {
      handled++;
      const { units } = await pile.get(from) ?? { units: 0 };
      const other = units < 100 ? (await pile.get(to))?.units ?? 0 : 0;
      pile.put(from, { units: units - 1 - other, next: to });
    },
  });
  const keys = ["a", "b", "c", "d", "e"];
  const items = keys.flatMap((key) => [move(key, `${key}2`, { key }), move(key, `${key}2`, { key })]);
  const { decisions } = await decide(...items);
  assert.deepEqual(queries, [keys, keys.map((key) => `${key}2`)]);
  assert.deepEqual(unitsAfter(decisions), { a: -2, b: -2, c: -2, d: -2, e: -2 });
  assert.equal(handled, items.length);
});

test("a cache that holds nothing costs no second query within a batch", async () => {
  const { queries, decide, runs } = scene({ together: true, capacity: 0 });
  const { decisions } = await decide(move("a", "b"), move("a", "b"), move("b", "a"));
  assert.equal(queries.length, 1);
  assert.deepEqual(runs(), { started: 3, ended: 3 });
  assert.deepEqual(unitsAfter(decisions), { a: 99, b: 101 });
});

test("what follows a failed message of its key is queued, and its handler is not left waiting", async () => {
  const { decide, runs } = scene({ together: true });
  const { decisions } = await decide(move("a", "b", { key: "k", fail: true }), move("a", "c", { key: "k" }), move("a", "d"));
  assert.deepEqual(decisions.map((decision) => decision.kind), ["failed", "queued", "changes"]);
  await new Promise(setImmediate);
  assert.deepEqual(runs(), { started: 3, ended: 3 });
});

test("a handler that returns no promise, or nothing at all, is a handler", async () => {
  const { decide } = scene({ together: true, returns: () => null });
  const { decisions } = await decide(move("a", "b"));
  assert.deepEqual(decisions.map((decision) => decision.kind), ["changes"]);
});

test("reads begun together and awaited one by one end quietly when their message is queued or the store fails", async () => {
  const unhandled: unknown[] = [];
  const hear = (error: unknown): void => { unhandled.push(error); };
  process.on("unhandledRejection", hear);
  try {
    const apart = scene({ together: true, apart: true });
    const { decisions } = await apart.decide(move("a", "b", { key: "k", fail: true }), move("a", "c", { key: "k" }));
    assert.deepEqual(decisions.map((decision) => decision.kind), ["failed", "queued"]);
    await assert.rejects(scene({ together: true, apart: true, broken: true }).decide(move("a", "b"), move("c", "d")), /the store is away/);
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    process.off("unhandledRejection", hear);
  }
  assert.deepEqual(unhandled, []);
});

test("a guess that is not needed any more loads nothing after its batch", async () => {
  const { decide, queries, runs } = scene({ together: false });
  // The first fails after its second read, by which the others were told to go on.
  const { decisions } = await decide(move("a", "b", { key: "k", fail: true }), move("c", "d", { key: "k" }), move("e", "f", { key: "k" }));
  assert.deepEqual(decisions.map((decision) => decision.kind), ["failed", "queued", "queued"]);
  const before = queries.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(queries.length, before);
  assert.deepEqual(runs(), { started: 3, ended: 3 });
});

test("a store that cannot answer fails the batch, and leaves no handler waiting", async () => {
  const { decide, runs } = scene({ together: true, broken: true });
  await assert.rejects(decide(move("a", "b"), move("c", "d"), move("e", "f")), /the store is away/);
  await new Promise(setImmediate);
  assert.deepEqual(runs(), { started: 3, ended: 3 });
});

test("the cache never forgets what the last two batches wrote, and forgets first what nobody used", () => {
  const cache = new DocumentCache(700);
  const state = (version: number) => ({ version, body: "x".repeat(20) });
  cache.beginBatch();
  for (const id of ["a", "b", "c", "d"]) cache.set(id, state(1));
  cache.beginBatch();
  for (const id of ["e", "f"]) cache.set(id, state(1));
  cache.beginBatch();
  assert.ok(cache.get("b") !== undefined, "more than it may hold, and all of it is of the last two batches");
  cache.set("g", state(1));
  assert.equal(["a", "b", "c", "d", "e", "f", "g"].filter((id) => cache.get(id) !== undefined).join(""), "befg");
});
