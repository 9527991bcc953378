// The set of fingerprints: ids in order, growth, words that share their place in the table.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VisitedSet } from "./visited.ts";

for (const bits of [64, 128] as const) {
  test(`${bits} bits: fingerprints keep their ids while the set grows, also those that want the same place`, () => {
    const visited = new VisitedSet(bits, false, 4);
    const words = new Uint32Array(bits / 32);
    const set = (n: number) => {
      // The first word repeats, and 0 is a fingerprint like any other.
      words.fill(0);
      words[0] = n % 5;
      words[words.length - 1] = Math.floor(n / 5);
    };
    for (let n = 0; n < 3_000; n += 1) {
      set(n);
      assert.equal(visited.idOf(words), -1);
      assert.equal(visited.insert(visited.slotOf(words), words), n);
    }
    assert.equal(visited.size, 3_000);
    for (let n = 0; n < 3_000; n += 997) {
      set(n);
      assert.equal(visited.idOf(words), n);
    }
  });
}
