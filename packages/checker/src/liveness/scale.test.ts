// Graphs larger than any stack: the search for components keeps its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { temporalRecorder } from "./temporal.ts";

const STATES = 400_000;

test(`a ring of ${STATES} states is one component: the search does not recurse`, () => {
  const recorder = temporalRecorder<number>([{ kind: "alwaysEventually", name: "p", goal: (state) => state < 0 }], () => ({ weak: [[0]], strong: [] }));
  for (let state = 0; state < STATES; state += 1) recorder.stored(state, state, state === 0);
  for (let state = 0; state < STATES; state += 1) {
    recorder.transition(state, (state + 1) % STATES, 0);
    recorder.expanded(state);
  }
  const [finding] = recorder.conclude();
  assert.equal(finding?.outcome, "violated");
  assert.equal(finding.lasso?.cycleFrom, 0);
  assert.equal(finding.lasso.moves.length, STATES, "weak fairness allows no rest, so the run goes all the way around");
});
