// A fork is a store of its own: whatever is done to it leaves the store it was made from as it was.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Envelope } from "../message/envelope.ts";
import type { Host } from "../spi/host.ts";
import type { Commit, Fence } from "../spi/store.ts";
import { changeBreaker } from "./memory-breakers.ts";
import { requestCallControl } from "./memory-call-controls.ts";
import { commit } from "./memory-commit.ts";
import { forkMemory } from "./memory-fork.ts";
import { publish } from "./memory-log.ts";
import { applyControls, requestControl } from "./memory-operators.ts";
import { acquire, gather, join, mark, release } from "./memory-owners.ts";
import { prepare } from "./memory-prepare.ts";
import { emptyState, type Memory } from "./memory-state.ts";

const host: Host = {
  now: () => 0, elapsed: () => 0, random: () => 0, newId: () => "id", after: () => () => undefined, soon: () => undefined, log: () => undefined,
};
const envelope: Envelope = {
  id: "m", name: "n", version: 1, tenant: "t", key: "k", partition: 0, body: "{}", causationId: null, correlationId: "c", trace: null, occurredAt: 0,
};
const head = { attempts: 1, code: "C", reason: "r", retryInMs: null };
const ref = { group: "g", partition: 0, tenant: "t", key: "k", position: 1 };
const asked = { ...ref, body: "[]", actor: "a", note: "n" };
const call = {
  id: "c", tenant: "t", routingKey: "k", partition: 0, operation: "p.o", callKey: "c", input: "{}", causationId: "m", correlationId: "c", trace: null, deadlineMs: 1,
};

test("Whatever is done to a fork leaves the store as it was", () => {
  let fences: readonly Fence[] = [];
  const work = (parts: Partial<Commit>): Commit => ({
    group: "g", worker: "w", fences, progress: [], documents: [], messages: [], calls: [], callUpdates: [], timers: [], cancelledTimers: [], firedTimers: [], sql: [],
    park: [], unpark: [], retries: [], ...parts,
  });
  const timer = { name: "t", group: "g", routingKey: "k", message: envelope, when: { kind: "after", delayMs: 0 } } as const;
  const message = { ...envelope, position: 1 };
  const steps: readonly ((memory: Memory) => unknown)[] = [
    ({ state }) => prepare(state, { partitions: 1, groups: [{ name: "g", handles: ["n"] }], entities: ["e"], schemas: [{ name: "n", version: 1, digest: "d" }] }, 1),
    (memory) => { join(memory, { id: "w", groups: ["g"], leaseMs: 1 }).beat(); },
    (memory) => { fences = acquire(memory, { worker: "w", group: "g", partitions: [0] }); },
    (memory) => publish(memory, [{ tenant: "t", doorKey: "d", digest: "d", messages: [envelope], timers: [timer] }]),
    ({ state }) => mark(state, { group: "g", fence: fences[0] ?? { partition: 0, epoch: 0 }, position: 1 }),
    (memory) => commit(memory, work({
      progress: [{ partition: 0, from: 0, to: 1 }], park: [{ message, head }, { message: { ...message, position: 2 }, head: null }],
    })),
    (memory) => commit(memory, work({
      documents: [{ entity: "e", tenant: "t", key: "k", version: 0, write: { kind: "put", body: "1" } }], calls: [call], messages: [envelope],
    })),
    (memory) => commit(memory, work({ firedTimers: [{ id: 1, message: envelope }], retries: [{ ...ref, status: { ...head, attempts: 2 } }] })),
    (memory) => commit(memory, work({ callUpdates: [{ id: "c", outcome: null, change: { kind: "set", state: "attention", attempts: 1, dueInMs: 0 } }] })),
    (memory) => commit(memory, work({ revivals: [{ partition: 0, tenant: "t", key: "k", on: true }] })),
    (memory) => commit(memory, work({ revivals: [{ partition: 0, tenant: "t", key: "k", on: false }] })),
    (memory) => requestCallControl(memory, { callId: "c", action: "abandon", outcome: null, deadlineMs: null, actor: "a", note: "n" }),
    (memory) => requestControl(memory, [{ ...asked, action: "edit" }, { ...asked, action: "redrive" }, { ...asked, action: "skip" }]),
    (memory) => applyControls(memory, { group: "g", worker: "w", fences }),
    (memory) => changeBreaker(memory, { operation: "p.o", kind: "open", version: 0, by: "w", forMs: 1 }),
    (memory) => { gather(memory, { group: "g", worker: "w", forMs: 1 }); },
    ({ state }) => { release(state, { worker: "w", group: "g", fences }); },
  ];
  let state = emptyState();
  for (const [index, step] of steps.entries()) {
    const before = structuredClone(state);
    const fork = forkMemory(state);
    step({ state: fork, host, statements: {} });
    assert.deepEqual(state, before, `step ${String(index)} changed the store that it was forked from`);
    assert.notDeepEqual(fork, before, `step ${String(index)} does nothing`);
    state = fork;
  }
});
