// The host's promise about microtasks, wherever it is asked from.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { nodeHost } from "./node-host.ts";

const host = nodeHost(() => undefined);

/** Says what happened in which order: a chain of microtasks, and the task that is to come behind them. */
function ask(): string[] {
  const order: string[] = [];
  void (async () => {
    for (let hop = 0; hop < 5; hop++) await Promise.resolve();
    order.push("microtasks");
  })();
  host.afterMicrotasks?.(() => { order.push("task"); });
  return order;
}

test("a task comes behind every microtask, asked for by a microtask", async () => {
  await Promise.resolve();
  const order = ask();
  await setImmediate();
  assert.deepEqual(order, ["microtasks", "task"]);
});

test("a task comes behind every microtask, asked for by a callback of the event loop", async () => {
  let order: string[] = [];
  await new Promise<void>((resolve) => { setTimeout(() => { order = ask(); resolve(); }, 1); });
  await setImmediate();
  assert.deepEqual(order, ["microtasks", "task"]);
});
