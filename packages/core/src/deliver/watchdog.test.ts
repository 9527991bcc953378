// The watchdog's promise: a handler has its whole limit after its last read, whenever between two looks that read ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Recorder } from "../decide/recorder.ts";
import { service } from "../decide/service.ts";
import type { Host } from "../spi/host.ts";
import { watchdog } from "./watchdog.ts";

const LIMIT_MS = 1_000;

test("a handler whose read ended just before a look is not stalled before its limit", () => {
  let now = 0;
  let next: { readonly at: number; readonly task: () => void } | null = null;
  const host: Host = {
    now: () => now, elapsed: () => now, random: () => 0, newId: () => "", soon: setImmediate, log: () => undefined,
    after: (ms, task) => {
      next = { at: now + ms, task };
      return () => { next = null; };
    },
  };
  const message = {
    id: "m", name: "order.placed", version: 1, tenant: "default", key: "k", partition: 0, body: "{}", causationId: null, correlationId: "", trace: null,
    occurredAt: 0,
  };
  const reader = { read: () => { throw new Error("nothing is read here"); } };
  const recorder = new Recorder(service("billing", {}), message, reader, { partitions: 1, limits: { maxBodyLength: 1_000, onLargeBody: () => undefined }, now: 0, settled: () => Promise.resolve() });
  const until = (to: number): void => {
    for (let due = next; due !== null && due.at <= to; due = next) {
      next = null;
      now = due.at;
      due.task();
    }
    now = to;
  };
  let stalledAt: number | null = null;
  const dog = watchdog(host, LIMIT_MS);
  dog.watch(recorder, () => { stalledAt = now; });
  recorder.reading = 1;
  const readUntil = LIMIT_MS * 2 - 1;
  until(readUntil);
  recorder.reading = 0;
  until(readUntil + LIMIT_MS - 1);
  assert.equal(stalledAt, null, "it has its whole limit");
  until(readUntil + LIMIT_MS * 2);
  assert.notEqual(stalledAt, null, "and no more than two looks beyond it");
  dog.stop();
});
