// The memory that encoding takes is given back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { int4Array, textArray } from "./arrays.ts";

setFlagsFromString("--expose-gc");

/** Whether the buffers that are still reachable come to stay below so many bytes; the collector frees them a moment after it ran. */
async function holdsLessThan(bytes: number): Promise<boolean> {
  for (let looks = 0; looks < 100; looks++) {
    runInNewContext("gc()");
    if (process.memoryUsage().arrayBuffers < bytes) return true;
    await sleep(20);
  }
  return false;
}

test("an array far larger than others leaves no buffer of its size behind, and what is encoded next is right", async () => {
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(textArray(["x".repeat(20_000_000)]).length, 20 + 4 + 20_000_000);
  assert.ok(await holdsLessThan(before + 4_000_000), "it is still held");
  assert.equal(int4Array([7]).toString("hex"), "0000000100000000000000170000000100000001" + "0000000400000007");
});
