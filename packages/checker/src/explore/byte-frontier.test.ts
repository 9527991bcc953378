// States that wait as bytes: first in, first out, over many chunks and through narrow and wide levels.
import assert from "node:assert/strict";
import { test } from "node:test";
import { structuralCodec } from "../state/structural-codec.ts";
import { byteFrontier } from "./byte-frontier.ts";

test("what is pushed comes out in order, whether the frontier is narrow or wide", () => {
  const frontier = byteFrontier(structuralCodec<{ n: number; text: string }>());
  const state = (n: number) => ({ n, text: "é".repeat(n % 50) });
  let pushed = 0;
  let shifted = 0;
  const push = (count: number) => { for (let one = 0; one < count; one += 1) frontier.push(state(pushed++)); };
  const shift = (count: number) => { for (let one = 0; one < count; one += 1) assert.deepEqual(frontier.shift(), state(shifted++)); };
  for (const [more, fewer] of [[1, 1], [2, 1], [1, 2], [70_000, 30_000], [5, 40_005], [3, 2], [200_000, 200_000], [0, 1], [1, 1]] as const) {
    push(more);
    shift(fewer);
    assert.equal(frontier.length, pushed - shifted);
  }
  assert.throws(() => frontier.shift(), /empty/);
});
