// The list of waits keeps exactly what is under way, in order, whatever the order in which it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Waits, type WaitNode } from "./waits.ts";

test("whatever ends in whatever order, the list holds the rest, oldest first", () => {
  let now = 0;
  const waits = new Waits(() => now);
  const open: { readonly name: string; readonly node: WaitNode }[] = [];
  // A fixed mixture of beginnings and ends at the front, the back and in between.
  for (let turn = 0; turn < 500; turn++) {
    now++;
    const isEnd = open.length > 0 && (turn * 7_919) % 5 < 2;
    if (isEnd) {
      const [gone] = open.splice((turn * 104_729) % open.length, 1);
      if (gone !== undefined) waits.end(gone.node);
    } else open.push({ name: `read ${String(turn)}`, node: waits.begin("read", String(turn)) });
    assert.deepEqual(waits.list(10).map((one) => one.name), open.map((one) => one.name));
    assert.equal(waits.count, open.length);
  }
});

test("a wait is overdue from its limit on, and no longer a minute after it was given up", () => {
  let now = 0;
  let isGivenUp = false;
  const waits = new Waits(() => now);
  waits.begin("call", "bank.charge", { limitMs: 1_000, isGivenUp: () => isGivenUp });
  waits.begin("store", "maintenance", { limitMs: Infinity });
  const overdue = (at: number): boolean[] => {
    now = at;
    return waits.list(5).map((one) => one.overdue);
  };
  assert.deepEqual(overdue(999), [false, false]);
  assert.deepEqual(overdue(1_000), [true, false]);
  assert.deepEqual(overdue(100_000), [true, false]);
  isGivenUp = true;
  assert.deepEqual(overdue(60_999), [true, false]);
  assert.deepEqual(overdue(61_000), [false, false]);
});

test("a promise that fails ends its wait, and stays the caller's to catch", async () => {
  const waits = new Waits(() => 0);
  const failing = waits.during("read", "log", Promise.reject(new Error("away")));
  await assert.rejects(failing, /away/);
  assert.equal(waits.count, 0);
});
