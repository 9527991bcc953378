// Doing many things: how many at once, in which order, and when it stops.
import assert from "node:assert/strict";
import test from "node:test";
import { forEachPaced } from "./for-each-paced.ts";

const items = Array.from({ length: 40 }, (_, index) => index);
const pace = { atOnce: 4, perSecond: undefined, goOn: () => true, onProgress: () => undefined };

test("a few are under way at once, begun in order, and each is done once", async () => {
  const begun: number[] = [];
  let now = 0;
  let most = 0;
  await forEachPaced(items, pace, async (item) => {
    begun.push(item);
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
  });
  assert.deepEqual(begun, items);
  assert.equal(most, 4);
});

test("nothing more is begun when it should not go on", async () => {
  const begun: number[] = [];
  await forEachPaced(items, { ...pace, goOn: () => begun.length < 10 }, async (item) => { begun.push(item); });
  assert.deepEqual(begun, items.slice(0, 10));
});

test("a rate keeps the starts apart", async () => {
  const began = performance.now();
  await forEachPaced(items.slice(0, 6), { ...pace, perSecond: 50 }, async () => undefined);
  assert.ok(performance.now() - began >= 95, "the sixth begins after five pauses of 20 ms");
});
