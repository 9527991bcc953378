// The rules of the timer owner machine and of its driver.
import assert from "node:assert/strict";
import { test } from "node:test";
import { manualHost } from "../call/testing/manual-host.ts";
import { EvenkeelError } from "../errors.ts";
import type { Envelope } from "../message/envelope.ts";
import type { CommitResult } from "../spi/store.ts";
import { startTimerOwner } from "./timer-driver.ts";
import { newTimerOwner, timerOwner, type TimerOwnerInput, type TimerOwnerRequest } from "./timer-owner.ts";

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function timer(id: number, partition = 0): { readonly id: number; readonly message: Envelope } {
  const message = {
    id: `m${String(id)}`, name: "reminder.due", version: 1, tenant: "main", key: "k", partition, body: "{}",
    causationId: null, correlationId: "c", trace: null, occurredAt: 0,
  };
  return { id, message };
}

function machine(limit = 2) {
  let state = newTimerOwner({ group: "@timers", worker: "w", limit, lookEveryMs: 1_000 });
  return {
    feed: (input: DistributiveOmit<TimerOwnerInput, "nowMs">, nowMs = 0): readonly TimerOwnerRequest[] => {
      const step = timerOwner(state, { ...input, nowMs });
      state = step.state;
      return step.requests;
    },
    /** The id of the commit under way. */
    commit: () => state.committing?.id ?? assert.fail("no commit is under way"),
  };
}

const COMMITTED: CommitResult = { kind: "committed", joinedCalls: [], handovers: [] };
const fences = (...partitions: number[]) => partitions.map((partition) => ({ partition, epoch: 1 }));
const kinds = (requests: readonly TimerOwnerRequest[]): string[] => requests.map((request) => request.kind);
const fired = (requests: readonly TimerOwnerRequest[]): number[] =>
  requests.flatMap((request) => request.kind === "commit" ? request.changes.firedTimers.map((one) => one.id) : []);

test("due timers fire in one commit behind the fences of their partitions, then it looks again", () => {
  const owner = machine(10);
  assert.deepEqual(owner.feed({ kind: "granted", fences: fences(0, 1, 2) }), [{ kind: "readTimers", partitions: [0, 1, 2], limit: 10 }]);
  const [commit] = owner.feed({ kind: "due", due: [timer(1, 2), timer(2, 0)], nextInMs: 500 });
  assert.ok(commit?.kind === "commit");
  assert.deepEqual(commit.changes.fences, fences(0, 2));
  assert.deepEqual(fired([commit]), [1, 2]);
  assert.deepEqual(kinds(owner.feed({ kind: "committed", commit: owner.commit(), result: COMMITTED })), ["readTimers"]);
  assert.deepEqual(owner.feed({ kind: "due", due: [], nextInMs: 500 }, 100), [{ kind: "wait", untilMs: 600 }]);
});

test("without a next timer, or with one far away, it looks again after its own time", () => {
  const owner = machine();
  owner.feed({ kind: "granted", fences: fences(0) });
  assert.deepEqual(owner.feed({ kind: "due", due: [], nextInMs: null }, 50), [{ kind: "wait", untilMs: 1_050 }]);
  owner.feed({ kind: "wake" });
  assert.deepEqual(owner.feed({ kind: "due", due: [], nextInMs: 90_000 }, 50), [{ kind: "wait", untilMs: 1_050 }]);
});

test("a wake-up during a read or a commit is not lost and starts no second read", () => {
  const owner = machine(10);
  owner.feed({ kind: "granted", fences: fences(0) });
  assert.deepEqual(owner.feed({ kind: "wake" }), []);
  assert.deepEqual(kinds(owner.feed({ kind: "due", due: [], nextInMs: null })), ["wait", "readTimers"]);
  owner.feed({ kind: "due", due: [timer(1)], nextInMs: null });
  assert.deepEqual(owner.feed({ kind: "wake" }), []);
  assert.deepEqual(kinds(owner.feed({ kind: "committed", commit: owner.commit(), result: COMMITTED })), ["readTimers"]);
});

test("timers of a partition that was lost or granted anew while they were read are left to a later read", () => {
  const owner = machine(10);
  owner.feed({ kind: "granted", fences: fences(0, 1) });
  owner.feed({ kind: "lost", partitions: [1] });
  owner.feed({ kind: "granted", fences: [{ partition: 1, epoch: 2 }] });
  const requests = owner.feed({ kind: "due", due: [timer(1, 0), timer(2, 1)], nextInMs: null });
  assert.deepEqual(fired(requests), [1]);
});

for (const result of [{ kind: "fenced" }, { kind: "inDoubt", reason: "connection lost" }] as const) {
  test(`a commit that ended ${result.kind} forfeits its partitions and the others go on`, () => {
    const owner = machine(10);
    owner.feed({ kind: "granted", fences: fences(0, 1) });
    owner.feed({ kind: "due", due: [timer(1, 0)], nextInMs: null });
    assert.deepEqual(owner.feed({ kind: "committed", commit: owner.commit(), result }), [
      { kind: "forfeit", partitions: [0] }, { kind: "readTimers", partitions: [1], limit: 10 },
    ]);
  });
}

test("a refused commit is halved until one timer is left, which is reported and passed over", () => {
  const owner = machine(4);
  const rejected: CommitResult = { kind: "rejected", reason: "no such text" };
  const rows = [timer(1), timer(2), timer(3)];
  const reported: number[] = [];
  let requests = owner.feed({ kind: "granted", fences: fences(0) });
  for (let turn = 0; turn < 20 && !requests.some((request) => request.kind === "wait"); turn++) {
    const read = requests.find((request) => request.kind === "readTimers");
    if (read !== undefined) { requests = owner.feed({ kind: "due", due: rows.slice(0, read.limit), nextInMs: null }); continue; }
    const ids = fired(requests);
    if (!ids.includes(2)) for (const id of ids) rows.splice(rows.findIndex((row) => row.id === id), 1);
    requests = owner.feed({ kind: "committed", commit: owner.commit(), result: ids.includes(2) ? rejected : COMMITTED });
    for (const request of requests) if (request.kind === "refused") reported.push(request.id);
  }
  assert.deepEqual(rows.map((row) => row.id), [2]);
  assert.deepEqual(reported, [2]);
});

test("a leaving partition is released once its commit has ended, and a drain says when all are", () => {
  const owner = machine(10);
  owner.feed({ kind: "granted", fences: fences(0, 1) });
  owner.feed({ kind: "due", due: [timer(1, 0)], nextInMs: null });
  assert.deepEqual(owner.feed({ kind: "drain" }), [{ kind: "release", fences: fences(1) }]);
  const last = owner.feed({ kind: "committed", commit: owner.commit(), result: COMMITTED });
  assert.deepEqual(last, [{ kind: "release", fences: fences(0) }, { kind: "drained" }]);
  assert.deepEqual(owner.feed({ kind: "granted", fences: fences(3) }), [{ kind: "release", fences: fences(3) }]);
});

test("the driver fires every timer at its time, through a store that fails, and leaves nothing behind", async () => {
  const host = manualHost();
  const rows = Array.from({ length: 25 }, (_, index) => ({ ...timer(index), at: index * 100 }));
  const times: number[] = [];
  const forfeits: (readonly number[])[] = [];
  let reads = 0;
  let commits = 0;
  const owner = startTimerOwner({
    host, worker: "w", group: "@timers", limit: 10, lookEveryMs: 60_000,
    store: {
      readTimers: async ({ limit }) => {
        if (++reads % 7 === 0) throw new EvenkeelError("STORE_UNAVAILABLE", "gone");
        const due = rows.filter((row) => row.at <= host.elapsed()).slice(0, limit);
        const next = rows.find((row) => row.at > host.elapsed());
        return { due, nextInMs: next === undefined ? null : next.at - host.elapsed() };
      },
      commit: async (changes) => {
        if (++commits === 5) throw new EvenkeelError("STORE_UNAVAILABLE", "gone");
        for (const { id } of changes.firedTimers) {
          const [row] = rows.splice(rows.findIndex((one) => one.id === id), 1);
          times.push(host.elapsed() - (row?.at ?? NaN));
        }
        return COMMITTED;
      },
    },
    onForfeit: (partitions) => { forfeits.push(partitions); host.after(10, () => { owner.granted([{ partition: 0, epoch: 2 }]); }); },
    onRelease: () => undefined,
    onFired: (names) => { assert.deepEqual([...names], ["reminder.due"]); },
  });
  owner.granted(fences(0));
  await host.pass(10_000);
  assert.deepEqual(rows, []);
  assert.equal(times.length, 25);
  assert.ok(Math.max(...times) <= 260, "later than a pause of the store explains");
  assert.deepEqual(forfeits, [[0]]);
  await owner.drain();
  assert.equal(host.timers(), 0);
});
