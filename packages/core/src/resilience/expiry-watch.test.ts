// The watch over expiries: one timer for all, none left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { manualHost } from "../call/testing/manual-host.ts";
import { ExpiryWatch, type Watched } from "./expiry-watch.ts";

function watched(expiresAt: number, expire: () => void): Watched {
  return { expiresAt, expire, watchedNext: null, watchedPrevious: null };
}

test("each expires at its time, whatever the order they came in, and one timer is armed for all", async () => {
  const host = manualHost();
  const watch = new ExpiryWatch(host);
  const over: number[] = [];
  for (const at of [300, 100, 200, 100]) watch.add(watched(at, () => { over.push(at); }));
  assert.equal(host.timers(), 1);
  await host.pass(99);
  assert.deepEqual(over, []);
  await host.pass(1);
  assert.deepEqual(over, [100, 100]);
  await host.pass(100);
  assert.deepEqual(over, [100, 100, 200]);
  await host.pass(100);
  assert.deepEqual(over, [100, 100, 200, 300]);
  assert.equal(host.timers(), 0);
});

test("what was removed does not expire, and when nothing is left the timer goes, too", async () => {
  const host = manualHost();
  const watch = new ExpiryWatch(host);
  const all = [1, 2, 3].map(() => watched(100, () => { assert.fail("it was removed"); }));
  for (const one of all) watch.add(one);
  for (const one of [all[1], all[0], all[2], all[2]]) if (one !== undefined) watch.remove(one);
  await host.pass(0);
  assert.equal(host.timers(), 0);
  await host.pass(200);
});

test("one that expires may remove and add others", async () => {
  const host = manualHost();
  const watch = new ExpiryWatch(host);
  const over: string[] = [];
  const other = watched(500, () => { over.push("other"); });
  watch.add(other);
  watch.add(watched(100, () => {
    watch.remove(other);
    watch.add(watched(150, () => { over.push("added"); }));
  }));
  await host.pass(1_000);
  assert.deepEqual(over, ["added"]);
  assert.equal(host.timers(), 0);
});
