// Doctor's judgement: what is a problem, what is a note, and that a check without findings says so.
import assert from "node:assert/strict";
import test from "node:test";
import type { Diagnosis, LeaseState, WorkerState } from "@evenkeel/postgres";
import type { GroupSummary } from "@evenkeel/core/spi";
import { findings, type Finding } from "./findings.ts";
import type { Seen } from "./look.ts";

const healthy: Diagnosis = { serverVersion: "18.1", seesAllSessions: true, holds: [], idleTransactions: [], hintsArrive: true };
const worker: WorkerState = { id: "w1", host: "a", pid: 7, groups: ["payments"], leaseMs: 2_000, heartbeatAgoMs: 10, alive: true };
const group: GroupSummary = {
  group: "payments", lag: 0, waitingKeys: 0, deadLetters: 0, oldestParkedAt: null, calls: 0, callsNeedingAttention: 0,
};
const lease: LeaseState = { group: "payments", partition: 3, worker: "w1", epoch: 4, alive: true, deaths: 0, mark: null };
const fine: Seen = { groups: [group], workers: [worker], leases: [lease], stalls: [], callsNeedingAttention: [] };
const limits = { openMs: 60_000, lag: 1_000 };

function wrong(diagnosis: Partial<Diagnosis>, seen: Partial<Seen>): readonly (readonly [string, Finding["level"]])[] {
  const found = findings({ ...healthy, ...diagnosis }, { ...fine, ...seen }, limits);
  for (const one of found) if (one.level !== "ok") assert.ok(one.cure, `${one.message} has a cure`);
  return found.filter((one) => one.level !== "ok").map((one) => [one.check, one.level]);
}

test("a healthy log has one line for each check, all of them fine", () => {
  const found = findings(healthy, fine, limits);
  const checks = ["server", "horizon", "idle transactions", "hints", "workers", "stalls", "lag", "leases", "parked keys", "calls"];
  assert.deepEqual(found.map((one) => one.check), checks);
  assert.ok(found.every((one) => one.level === "ok" && one.cure === null && one.message !== "fine"));
});

test("what holds back vacuum counts once it lasts, and a slot always", () => {
  const hold = { kind: "session" as const, name: "report", pid: 9, user: "ann", transactions: 5, query: "select 1" };
  assert.deepEqual(wrong({ holds: [{ ...hold, forMs: 59_999 }] }, {}), []);
  assert.deepEqual(wrong({ holds: [{ ...hold, forMs: 60_000 }] }, {}), [["horizon", "problem"]]);
  assert.deepEqual(wrong({ holds: [{ ...hold, kind: "slot", name: "old", forMs: null }] }, {}), [["horizon", "problem"]]);
  const idle = { pid: 9, user: "ann", application: "", client: "local", query: "select 1" };
  const transactions = [{ ...idle, forMs: 59_999 }, { ...idle, forMs: 60_000 }];
  assert.deepEqual(wrong({ idleTransactions: transactions }, {}), [["idle transactions", "problem"]]);
});

test("a user that sees only its own sessions, and a pooler in between, are told of", () => {
  assert.deepEqual(wrong({ seesAllSessions: false, hintsArrive: false }, {}), [["server", "note"], ["hints", "note"]]);
});

test("waiting messages without a worker for them are a problem, a long queue with one is a note", () => {
  assert.deepEqual(wrong({}, { groups: [{ ...group, lag: 1 }], workers: [{ ...worker, groups: ["stock"] }] }), [["lag", "problem"]]);
  assert.deepEqual(wrong({}, { groups: [{ ...group, lag: 1_000 }] }), []);
  assert.deepEqual(wrong({}, { groups: [{ ...group, lag: 1_001 }] }), [["lag", "note"]]);
  assert.deepEqual(wrong({}, { workers: [] }), [["workers", "note"]]);
});

test("a lease whose owner is gone and a partition that kills its owners are found", () => {
  assert.deepEqual(wrong({}, { leases: [{ ...lease, worker: "w0", alive: false }] }), [["leases", "problem"]]);
  const stall = {
    worker: "w1", host: "h", pid: 4_711, alive: true, kind: "wait", name: "handler shipping/order.placed", forMs: 6_000, limitMs: 5_000, count: 1,
    message: "handler shipping/order.placed has lasted 6.0 s",
  };
  assert.deepEqual(wrong({}, { stalls: [stall, { ...stall, worker: "w0", alive: false }] }), [["stalls", "problem"], ["stalls", "note"]]);
  assert.deepEqual(wrong({}, { leases: [{ ...lease, worker: null, alive: false }, { ...lease, deaths: 1 }] }), []);
  assert.deepEqual(wrong({}, { leases: [{ ...lease, deaths: 2, mark: 88 }] }), [["leases", "problem"]]);
});

test("dead letters and calls that wait for a person are problems, keys that retry by themselves a note", () => {
  const groups = [{ ...group, waitingKeys: 2, deadLetters: 1, callsNeedingAttention: 1 }];
  assert.deepEqual(wrong({}, { groups }), [["parked keys", "problem"], ["parked keys", "note"], ["calls", "problem"]]);
});
