// The lock: one holder at a time, and nobody who is gone keeps it.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { identify } from "./process-identity.ts";
import { withStartLock } from "./start-lock.ts";

function lockFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ekemb-lock-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("many at once hold the lock one after the other, and leave one file", async (t) => {
  const folder = lockFolder(t);
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await sleep(1);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 12 }, () => withStartLock(folder, work)));
  assert.equal(most, 1);
  assert.deepEqual(readdirSync(folder), ["12.free"]);
});

test("the lock is free again after work that failed", async (t) => {
  const folder = lockFolder(t);
  await assert.rejects(withStartLock(folder, () => Promise.reject(new Error("no"))), /no/);
  assert.equal(await withStartLock(folder, () => Promise.resolve("yes")), "yes");
});

const own = identify(process.pid);
const left: Record<string, string> = {
  "a process that has ended": JSON.stringify({ pid: 2 ** 22 + 7, startedAt: "x/1" }),
  "a process whose number another one has now": JSON.stringify({ pid: process.pid, startedAt: "an earlier boot/1" }),
  "something that is no identity": "garbage",
};

for (const [whose, text] of Object.entries(left)) {
  test(`the lock of ${whose} is taken over`, async (t) => {
    const folder = lockFolder(t);
    writeFileSync(join(folder, "5"), text);
    assert.equal(await withStartLock(folder, () => Promise.resolve(existsSync(join(folder, "6")))), true);
    assert.deepEqual(readdirSync(folder), ["6.free"]);
  });
}

test("a lock file that was left empty by a crash is taken over when it is old", async (t) => {
  const folder = lockFolder(t);
  writeFileSync(join(folder, "1"), "");
  utimesSync(join(folder, "1"), 1, 1);
  assert.equal(await withStartLock(folder, () => Promise.resolve("mine")), "mine");
});

test("a living holder is waited for", async (t) => {
  const folder = lockFolder(t);
  writeFileSync(join(folder, "1"), JSON.stringify(own));
  const order: string[] = [];
  const waiting = withStartLock(folder, async () => order.push("second"));
  await sleep(40);
  order.push("first");
  rmSync(join(folder, "1"));
  writeFileSync(join(folder, "1.free"), "");
  await waiting;
  assert.deepEqual(order, ["first", "second"]);
});
