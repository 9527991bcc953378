// The order of the heap, and that it shares without changing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash128 } from "../message/hash.ts";
import { heapPop, heapPush, type Heap } from "./leftist-heap.ts";

test("entries come out least first, and a heap that was pushed to or popped from stays as it was", () => {
  const times = Array.from({ length: 500 }, (_, index) => hash128(String(index))[0] % 100);
  let heap: Heap = null;
  for (const at of times) heap = heapPush(heap, at, `at ${String(at)}`);
  const drain = (): number[] => {
    const order: number[] = [];
    for (let rest = heap; rest !== null; rest = heapPop(rest)) order.push(rest.at);
    return order;
  };
  assert.deepEqual(drain(), [...times].sort((a, b) => a - b));
  assert.deepEqual(drain(), drain());
});
