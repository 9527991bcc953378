// What the executor machine takes of messages that are handed over, and what it leaves to be read.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../message/envelope.ts";
import { executor } from "./executor.ts";
import { newExecutor, type ExecutorInput, type ExecutorState, type HandedOver } from "./executor-state.ts";
import { SETTINGS } from "./testing/executor-oracle.ts";

type Input = ExecutorInput extends infer I ? I extends ExecutorInput ? Omit<I, "nowMs"> : never : never;

const feed = (state: ExecutorState, input: Input): ExecutorState => executor(state, { ...input, nowMs: 0 }).state;

function message(position: number, body: string): Message {
  return {
    position, partition: 0, id: `m-${String(position)}`, name: "n", version: 1, tenant: "default", key: `k-${String(position)}`, body,
    causationId: null, correlationId: "c", trace: null, occurredAt: 0,
  };
}

function handover(after: number, body = "x"): HandedOver {
  return { partition: 0, after, to: after + 1, messages: [message(after + 1, body)] };
}

/** An owner of partition 0 that has read it up to 10 and decides what stood there, so that whatever comes now waits in the queue. */
function busy(settings: Partial<typeof SETTINGS>): ExecutorState {
  const grants = [{ partition: 0, epoch: 1, position: 9, parked: [], suspect: false, mark: null }];
  const owner = feed(newExecutor({ ...SETTINGS, ...settings }), { kind: "granted", grants });
  const result = { messages: [message(10, "x")], bounds: [{ partition: 0, position: 10, more: false }] };
  return feed(owner, { kind: "read", result, cursors: [{ partition: 0, position: 9 }], epochs: [{ partition: 0, epoch: 1 }] });
}

test("the queue takes no more handovers than a batch holds, by count and by length: the rest is read later", () => {
  for (const [settings, body, taken] of [
    [{ maxBatch: 3, maxBatchLength: 1_000_000 }, "x", 3],
    [{ maxBatch: 1_000, maxBatchLength: 100 }, "x".repeat(40), 3],
  ] as const) {
    let state = busy(settings);
    for (let after = 10; after < 200; after++) state = feed(state, { kind: "handed", handovers: [handover(after, body)] });
    assert.deepEqual(state.queue.map((one) => one.position), Array.from({ length: taken }, (_, index) => 11 + index));
    assert.equal(state.owned.get(0)?.read, 10 + taken, "nothing counts as read that is not in the queue");
    assert.ok(state.hungry.has(0), "the rest is known to stand in the log");
  }
});

test("a handover with something before it that was not read, or that was read already, is not taken, and only the former is looked for", () => {
  const state = busy({});
  const gap = feed(state, { kind: "handed", handovers: [handover(11)] });
  assert.deepEqual([gap.queue.length, gap.owned.get(0)?.read, gap.reading], [0, 10, true]);
  const again = feed(state, { kind: "handed", handovers: [handover(9)] });
  assert.deepEqual([again.queue.length, again.owned.get(0)?.read, again.reading], [0, 10, false]);
});

const positions = (state: ExecutorState): readonly number[] => state.queue.map((one) => one.position);

test("what is handed over before its turn is taken once what stands before it has come, handed over or read, and in the order of the log", () => {
  let state = busy({ maxBatch: 100 });
  // The queue holds something, so that nothing is read meanwhile.
  state = feed(state, { kind: "handed", handovers: [handover(10)] });
  for (const after of [14, 12, 13]) state = feed(state, { kind: "handed", handovers: [handover(after)] });
  assert.deepEqual([positions(state), state.owned.get(0)?.read], [[11], 11], "12 is not there yet");
  const closed = feed(state, { kind: "handed", handovers: [handover(11)] });
  assert.deepEqual([positions(closed), closed.owned.get(0)?.read, closed.early.size], [[11, 12, 13, 14, 15], 15, 0]);

  let reading = busy({ maxBatch: 100 });
  for (const after of [12, 13]) reading = feed(reading, { kind: "handed", handovers: [handover(after)] });
  assert.equal(reading.reading, true, "an idle machine looks for what is missing");
  const result = { messages: [message(11, "x"), message(12, "x"), message(13, "x")], bounds: [{ partition: 0, position: 13, more: false }] };
  reading = feed(reading, { kind: "read", result, cursors: [{ partition: 0, position: 10 }], epochs: [{ partition: 0, epoch: 1 }] });
  assert.deepEqual([positions(reading), reading.owned.get(0)?.read, reading.early.size, reading.reading], [[11, 12, 13, 14], 14, 0, false], "13 is not taken twice");
});

test("what came early and follows on nothing that can be read is not looked for again and again, and leaves with its partition", () => {
  const early = feed(busy({}), { kind: "handed", handovers: [handover(12)] });
  const nothing = { messages: [], bounds: [] };
  const once = feed(early, { kind: "read", result: nothing, cursors: [{ partition: 0, position: 10 }], epochs: [{ partition: 0, epoch: 1 }] });
  assert.deepEqual([once.early.size, once.reading], [0, true], "it may have come while the read was under way");
  const twice = feed(once, { kind: "read", result: nothing, cursors: [{ partition: 0, position: 10 }], epochs: [{ partition: 0, epoch: 1 }] });
  assert.deepEqual([twice.reading, twice.hungry.size], [false, 0]);
  assert.equal(feed(early, { kind: "lost", partitions: [0] }).early.size, 0);
  assert.equal(feed(early, { kind: "leave", partitions: [0] }).early.size, 0);
});
