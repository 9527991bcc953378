// Two services in one process, driven by their executors: what is handled behind a mark is alone, from before its mark is set until it is committed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { manualHost } from "../call/testing/manual-host.ts";
import { service } from "../decide/service.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { event } from "../message/definition.ts";
import type { CommitResult, Store } from "../spi/store.ts";
import { Alone } from "./alone.ts";
import { startExecutor, type ExecutorDriver } from "./executor-driver.ts";
import { messageOf } from "./testing/toy-message.ts";

const Toy = event("toy", { key: ({ id }) => id, data: z.object({ id: z.string() }) });

/** Handlers begin and end by hand; what happens is told in order. */
function scene() {
  const host = manualHost();
  const turns = new Alone();
  const told: string[] = [];
  const held = new Map<string, () => void>();
  const results: CommitResult[] = [];
  const base = memoryStore({ host });
  const start = (name: string, suspect: boolean, partitions = [0]): ExecutorDriver => {
    const store: Store = {
      ...base,
      read: async ({ cursors }) => ({
        messages: cursors.flatMap(({ partition, position }) =>
          position > 0 ? [] : [{ ...messageOf({ position: 1 + partition, partition, key: "k" }), body: JSON.stringify({ id: "k" }) }]),
        bounds: cursors.map(({ partition }) => ({ partition, position: 1 + partition, more: false })),
      }),
      mark: async () => {
        told.push(`${name} marks`);
        return "marked";
      },
      commit: async () => {
        told.push(`${name} commits`);
        return results.shift() ?? { kind: "committed", joinedCalls: [], handovers: [] };
      },
    };
    const toy = service(name, {}).on(Toy, async () => {
      told.push(`${name} begins`);
      await new Promise<void>((resolve) => { held.set(name, resolve); });
    });
    const driver = startExecutor({
      store, host, service: toy, partitions: 2, limits: { maxBodyLength: 1_000, onLargeBody: () => undefined }, stallMs: 3_600_000, cacheLength: 1_000,
      warnRepeatedReads: 0, turns, takesUnrecorded: () => false,
      settings: {
        worker: "w", maxBatch: 10, maxBatchLength: 1_000, retry: { baseMs: 10, maxMs: 10, maxAttempts: 1 }, idleProgressMs: 1_000, maxParkedKeys: 1,
      },
      events: {
        forfeit: () => undefined, release: () => undefined, committed: () => undefined, answered: () => undefined, requested: () => undefined,
        losing: () => undefined,
      },
    });
    driver.granted(partitions.map((partition) => ({ partition, epoch: 1, position: 0, parked: [], suspect, mark: null })));
    return driver;
  };
  const next = async (): Promise<readonly string[]> => {
    await host.pass(0);
    return told.splice(0);
  };
  const end = (name: string): Promise<readonly string[]> => {
    held.get(name)?.();
    return next();
  };
  return { start, next, end, results };
}

test("a message is not marked while another service's handler runs, and none begins until it is committed", async () => {
  const { start, next, end } = scene();
  start("till", false);
  assert.deepEqual(await next(), ["till begins"]);
  start("trips", true);
  start("desk", false);
  assert.deepEqual(await next(), [], "the mark waits for the handler, and who comes later waits for the mark");
  assert.deepEqual(await end("till"), ["till commits", "trips marks", "trips begins"]);
  assert.deepEqual(await end("trips"), ["trips commits", "desk begins"]);
});

test("a marked message whose commit is in conflict is decided again before others have their turn", async () => {
  const { start, next, end, results } = scene();
  start("trips", true);
  assert.deepEqual(await next(), ["trips marks", "trips begins"]);
  start("desk", false);
  assert.deepEqual(await next(), []);
  results.push({ kind: "conflict" }, { kind: "rerun" });
  assert.deepEqual(await end("trips"), ["trips commits", "trips marks", "trips begins"]);
  assert.deepEqual(await end("trips"), ["trips commits", "trips marks", "trips begins"]);
  assert.deepEqual(await end("trips"), ["trips commits", "desk begins"]);
});

test("nobody begins beside the handler of a marked message whose partition is lost, until that handler ends", async () => {
  const { start, next, end } = scene();
  const trips = start("trips", true);
  assert.deepEqual(await next(), ["trips marks", "trips begins"]);
  start("desk", false);
  trips.lost([0]);
  assert.deepEqual(await next(), []);
  assert.deepEqual(await end("trips"), ["desk begins"]);
});
