// Keys of steps: no two requests share one, and those of ordinary ids are what they always were.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, undoKeyOf } from "./keys.ts";

test("Ids and names that are ordinary stand in the key as they are, also those that schedules give", () => {
  assert.equal(keyOf("checkout", "o-1", 0, "charge card"), "checkout/o-1/charge card");
  assert.equal(keyOf("checkout", "o-1", 3, "charge card"), "checkout/o-1#3/charge card");
  assert.equal(keyOf("report", "nightly/2026-03-29T02:00:00.000Z", 0, "write"), "report/nightly/2026-03-29T02:00:00.000Z/write");
  assert.equal(keyOf("checkout", "o-1", 0, "undo"), "checkout/o-1/undo");
});

test("No two steps or undos of whatever runs, names and generations have the same key", () => {
  const parts = ["a", "b", "undo", "#1", "a#1", "%2F", "%75ndo", "%"];
  const texts = [...parts, ...parts.flatMap((one) => parts.flatMap((other) => [`${one}/${other}`, `${one}/${other}/undo`]))];
  const seen = new Map<string, string>();
  for (const id of texts) {
    for (const generation of [0, 1, 11]) {
      for (const name of texts) {
        const key = keyOf("w", id, generation, name);
        for (const [what, one] of [["step", key], ["undo", undoKeyOf(key)]] as const) {
          const whose = JSON.stringify([what, id, generation, name]);
          assert.equal(seen.get(one) ?? whose, whose, one);
          seen.set(one, whose);
        }
      }
    }
  }
});
