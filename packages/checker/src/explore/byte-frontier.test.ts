// States that wait as bytes: first in, first out, over many chunks and through narrow and wide levels.
import assert from "node:assert/strict";
import { test } from "node:test";
import { structuralCodec } from "../state/structural-codec.ts";
import { byteFrontier } from "./byte-frontier.ts";

for (const [form, short] of [["in memory", () => false], ["in a file", () => true], ["in both", (bytes: number) => bytes > 2_000_000]] as const) test(`what is pushed comes out in order, whether the frontier is narrow or wide, ${form}`, (t) => {
  const frontier = byteFrontier(() => structuralCodec<{ n: number; text: string }>(), short);
  t.after(() => frontier.close());
  const state = (n: number) => ({ n, text: "é".repeat(n % 50) });
  let pushed = 0;
  let shifted = 0;
  const push = (count: number) => { for (let one = 0; one < count; one += 1) frontier.push(state(pushed++)); };
  const shift = (count: number) => { for (let one = 0; one < count; one += 1) assert.deepEqual(frontier.shift(), state(shifted++)); };
  for (const [more, fewer] of [[1, 1], [2, 1], [1, 2], [30_000, 10_000], [5, 20_005], [3, 2], [60_000, 60_000], [0, 1], [1, 1]] as const) {
    push(more);
    shift(fewer);
    assert.equal(frontier.length, pushed - shifted);
  }
  assert.throws(() => frontier.shift(), /empty/);
});
