// The audit of what a killed worker left: what it calls in order, and what it finds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf } from "./run-audit.ts";

const calls = ["reserve", "charge", "book"].map((step) => ({ run: "run-0", step, key: `checkout/run-0/${step}` }));
const effects = { "run-0 charged": 1, "run-0 booked": 1 };

test("a run that was called again under the same key, and left each effect once, is in order", () => {
  assert.deepEqual(faultsOf({ calls: [...calls, ...calls], effects, count: 1 }), []);
});

test("an effect that stands there twice, and one that is missing, are faults", () => {
  assert.deepEqual(faultsOf({ calls, effects: { "run-0 charged": 2 }, count: 1 }), [
    "the effect run-0 charged stands there 2 times", "there are 1 effects, of 2",
  ]);
});

test("a step that was called under two keys, a key of two steps and a step that was never called are faults", () => {
  const again = { run: "run-0", step: "charge", key: "checkout/run-0/reserve" };
  assert.deepEqual(faultsOf({ calls: [...calls.slice(0, 2), again], effects, count: 1 }), [
    "run-0 charge was called under the keys checkout/run-0/charge and checkout/run-0/reserve",
    "the key checkout/run-0/reserve is that of run-0 reserve and run-0 charge",
    "2 steps were called, of 3",
  ]);
});
