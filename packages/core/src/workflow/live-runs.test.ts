// Runs that stay in memory: who is given one, and how many there may be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveRuns } from "./live-runs.ts";

/** As many as are replayed all the same, taken before. */
function warm(): LiveRuns<string> {
  const live = new LiveRuns<string>();
  for (let one = 0; one < 64; one++) {
    live.keep("main", "early", "body", "early");
    assert.equal(live.take("main", "early", "body"), null);
  }
  return live;
}

test("a run is given to whoever finds its document's very text, once, and in its tenant", () => {
  const live = warm();
  live.keep("a", "run", "one", "of a");
  live.keep("b", "run", "one", "of b");
  assert.deepEqual([live.take("a", "run", "one"), live.take("a", "run", "one"), live.take("b", "run", "one")], ["of a", null, "of b"]);
  live.keep("a", "run", "one", "of a");
  assert.deepEqual([live.take("a", "run", "other"), live.take("a", "run", "one")], [null, null]);
});

test("runs of long documents leave room for few: the oldest go", () => {
  const live = warm();
  const long = "x".repeat(6_000_000);
  for (const id of ["1", "2", "3", "4"]) live.keep("main", id, long, id);
  assert.deepEqual(["1", "2", "3", "4"].map((id) => live.take("main", id, long)), [null, null, "3", "4"]);
  live.keep("main", "longest", "x".repeat(20_000_000), "longest");
  live.keep("main", "short", "x", "short");
  assert.equal(live.take("main", "short", "x"), "short");
});
