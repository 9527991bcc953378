// The memory that encoding takes is given back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { int4Array, textArray } from "./arrays.ts";

setFlagsFromString("--expose-gc");

/** Bytes of buffers that are still reachable. */
function held(): number {
  runInNewContext("gc()");
  return process.memoryUsage().arrayBuffers;
}

test("an array far larger than others leaves no buffer of its size behind, and what is encoded next is right", () => {
  const before = held();
  assert.equal(textArray(["x".repeat(20_000_000)]).length, 20 + 4 + 20_000_000);
  assert.ok(held() - before < 4_000_000, `${String(held() - before)} bytes are still held`);
  assert.equal(int4Array([7]).toString("hex"), "0000000100000000000000170000000100000001" + "0000000400000007");
});
