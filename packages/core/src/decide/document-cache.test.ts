// What a bounded cache keeps: within its capacity, what is read before what is only written, and never less than two batches need.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DocumentCache } from "./document-cache.ts";

const state = (length: number) => ({ version: 1, body: "x".repeat(length) });

/** Sets documents, each in a batch of its own. */
function fill(cache: DocumentCache, from: number, to: number, length: number): void {
  for (let index = from; index < to; index++) {
    cache.beginBatch();
    cache.set(`d${String(index).padStart(3, "0")}`, state(length));
  }
}

const kept = (cache: DocumentCache, to: number): number[] =>
  Array.from({ length: to }, (_, index) => index).filter((index) => cache.get(`d${String(index).padStart(3, "0")}`) !== undefined);

test("a document that nobody read counts with its text, one that was read with four times as much", () => {
  const each = 1_000 + 4 + 64;
  const written = new DocumentCache(20 * each);
  fill(written, 0, 40, 1_000);
  assert.deepEqual(kept(written, 40), Array.from({ length: 20 }, (_, index) => 20 + index));
  const read = new DocumentCache(20 * each);
  for (let index = 0; index < 40; index++) {
    fill(read, index, index + 1, 1_000);
    read.get(`d${String(index).padStart(3, "0")}`);
  }
  const left = kept(read, 40).length;
  assert.ok(left >= 4 && left <= 8, `${String(left)} are left`);
});

test("what is read stays, while what is only written goes", () => {
  const cache = new DocumentCache(20_000);
  fill(cache, 0, 5, 100);
  for (let index = 5; index < 200; index++) {
    kept(cache, 5);
    fill(cache, index, index + 1, 1_000);
  }
  assert.deepEqual(kept(cache, 5), [0, 1, 2, 3, 4]);
});

test("what the batch at hand and the one before it set is kept, whatever the capacity", () => {
  const cache = new DocumentCache(10);
  fill(cache, 0, 3, 1_000);
  assert.deepEqual(kept(cache, 3), [1, 2]);
});

test("what was taken out, or set anew, leaves nothing of its size behind", () => {
  const cache = new DocumentCache(10 * (1_000 + 4 + 64));
  for (let round = 0; round < 100; round++) {
    fill(cache, 0, 5, 1_000);
    kept(cache, 5);
    fill(cache, 0, 5, 1_000);
    for (let index = 0; index < 5; index++) cache.delete(`d00${String(index)}`);
  }
  fill(cache, 0, 10, 1_000);
  assert.equal(kept(cache, 10).length, 10);
});
