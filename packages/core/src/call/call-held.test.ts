// A call of which the store keeps nothing: it waits for a person, and nothing is said of it that is not known.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallBench, OK } from "./testing/call-bench.ts";

test("a call whose every end the store refuses is never said to be not performed: it was, and stays as it is beyond its deadline", () => {
  const bench = new CallBench();
  bench.own(0);
  bench.insert({ id: "a", deadlineMs: 1_000 });
  bench.endLater("a", OK);
  for (let refusals = 0; refusals < 5 && bench.take("attention").length === 0; refusals++) bench.failCommit({ kind: "rejected", reason: "no room" });
  bench.pass(5_000);
  bench.settle();
  assert.deepEqual([bench.outcomes(), bench.row("a")], [[], "due 0"]);
  // Whoever is granted the partition next knows that it may have been performed.
  bench.feed({ kind: "lost", partitions: [0] });
  bench.own(0);
  bench.settle();
  assert.deepEqual([bench.outcomes(), bench.begun()], [["a unknown"], []]);
});
