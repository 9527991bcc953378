// What an exploration and a model are held to where nobody checks types: the names of their options.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { check } from "../model/check.ts";
import { model } from "../model/model.ts";

const right = { name: "m", init: [0], actions: { up: (s: number, next: (state: number) => void) => { next(s + 1); } } };

function refusalOf(option: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isEvenkeelError(error));
    assert.deepEqual([error.code, error.details], ["CONFIG_INVALID", { option }]);
    return true;
  };
}

const MISSPELLED: readonly (readonly [option: string, options: object])[] = [
  ["maxState", { maxState: 5 }], ["checkpoint.path", { maxStates: 5, checkpoint: { file: "/nowhere", path: "" } }],
  ["strategy.simulated", { strategy: { simulate: {}, simulated: {} } }], ["strategy.simulate.run", { strategy: { simulate: { run: 1, runs: 1 } } }],
  ["workers.modul", { maxStates: 5, workers: { count: 1, module: "", modul: "" } }],
];

for (const [option, options] of MISSPELLED) {
  test(`an exploration with ${option} is refused by that name`, async () => {
    await assert.rejects(check(model(right), { maxDepth: 3, ...options }), refusalOf(option));
  });
}

test("a model with a part that no model has is refused by that name", () => {
  const invariant = { ...right, invariant: {} };
  assert.throws(() => model(invariant), refusalOf("invariant"));
  const fairness = { weak: ["up"], week: ["up"] } as const;
  assert.throws(() => model({ ...right, fairness }), refusalOf("fairness.week"));
});
