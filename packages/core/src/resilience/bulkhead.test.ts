// The rules of the bulkhead, one sentence each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { enter, giveUp, leave, newBulkhead, queueUp } from "./bulkhead.ts";

const settings = { concurrency: 2, queue: 2 };

test("as many as allowed run, as many as allowed wait in order, and the next is refused", () => {
  const bulkhead = newBulkhead<string>();
  assert.deepEqual([enter(bulkhead, settings), enter(bulkhead, settings), enter(bulkhead, settings)], [true, true, false]);
  assert.deepEqual([queueUp(bulkhead, settings, "a"), queueUp(bulkhead, settings, "b"), queueUp(bulkhead, settings, "c")], [true, true, false]);
  assert.deepEqual([leave(bulkhead), leave(bulkhead), leave(bulkhead), leave(bulkhead)], ["a", "b", null, null]);
  assert.equal(bulkhead.active, 0);
});

test("one that waits may give up, and the others keep their order", () => {
  const bulkhead = newBulkhead<string>();
  enter(bulkhead, { concurrency: 1, queue: 3 });
  for (const waiter of ["a", "b", "c"]) queueUp(bulkhead, { concurrency: 1, queue: 3 }, waiter);
  assert.ok(giveUp(bulkhead, "b"));
  assert.deepEqual([leave(bulkhead), leave(bulkhead)], ["a", "c"]);
  assert.ok(!giveUp(bulkhead, "a"));
});

test("room that was handed over counts: nobody who comes in between takes it", () => {
  const bulkhead = newBulkhead<string>();
  enter(bulkhead, { concurrency: 1, queue: 1 });
  queueUp(bulkhead, { concurrency: 1, queue: 1 }, "a");
  assert.equal(leave(bulkhead), "a");
  assert.ok(!enter(bulkhead, { concurrency: 1, queue: 1 }));
  assert.equal(leave(bulkhead), null);
  assert.ok(enter(bulkhead, { concurrency: 1, queue: 1 }));
});
