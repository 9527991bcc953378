// What the faulty store does must be what it says: what happened, happened, and what did not, did not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError, memoryStore } from "@evenkeel/core";
import type { Commit, Host, Store } from "@evenkeel/core/spi";
import { plannedFaults, seededFaults, type Fault } from "./fault-plan.ts";
import { faultyStore, type FaultyStore } from "./faulty-store.ts";

/** A host whose tasks run when the test lets time pass. */
function handHost(): Host & { pass(ms: number): Promise<void> } {
  let clock = 0;
  let tasks: { readonly at: number; readonly task: () => void }[] = [];
  return {
    now: () => clock, elapsed: () => clock, random: () => 0.5, newId: () => "id", log: () => undefined,
    after: (delayMs, task) => {
      const entry = { at: clock + delayMs, task };
      tasks.push(entry);
      return () => { tasks = tasks.filter((one) => one !== entry); };
    },
    soon: (task) => { setImmediate(task); },
    pass: async (ms) => {
      clock += ms;
      const due = tasks.filter((one) => one.at <= clock);
      tasks = tasks.filter((one) => one.at > clock);
      for (const { task } of due) task();
      await new Promise<void>((resolve) => { setImmediate(resolve); });
    },
  };
}

interface Play {
  readonly store: FaultyStore;
  readonly host: ReturnType<typeof handHost>;
  readonly commit: () => ReturnType<Store["commit"]>;
}

const counter = { entity: "counter", tenant: "default", key: "c" };

async function begin(commitFault: Fault | null, publishFault: Fault | null = null): Promise<Play> {
  const host = handHost();
  const store = faultyStore(memoryStore({ host }), plannedFaults({ commit: [commitFault], publish: [publishFault] }), host);
  await store.prepare({ partitions: 1, groups: [{ name: "g", handles: [] }], entities: ["counter"], schemas: [] });
  await store.join({ id: "w", groups: ["g"], leaseMs: 1_000 });
  const fences = await store.acquire({ worker: "w", group: "g", partitions: [0] });
  const work: Commit = {
    group: "g", worker: "w", fences, progress: [], messages: [], calls: [], callUpdates: [],
    documents: [{ ...counter, version: null, write: { kind: "put", body: "1" } }],
    timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [],
  };
  return { store, host, commit: () => store.commit(work) };
}

const version = async (store: Store) => (await store.load([counter]))[0]?.version;
const door = { tenant: "default", doorKey: "d", digest: "d", messages: [], timers: [] };

test("Without a fault everything passes, and nothing is said to be injected", async () => {
  const { store, commit } = await begin(null);
  assert.equal((await commit()).kind, "committed");
  assert.equal((await store.publish([door]))[0]?.kind, "published");
  assert.deepEqual(store.injected(), []);
});

test("An unavailable store throws before anything happened, and works again afterwards", async () => {
  const { store, commit } = await begin({ kind: "unavailable" }, { kind: "unavailable" });
  await assert.rejects(commit(), { code: "STORE_UNAVAILABLE" });
  await assert.rejects(store.publish([door]), { code: "STORE_UNAVAILABLE" });
  assert.equal(await version(store), 0);
  assert.equal((await commit()).kind, "committed");
  assert.equal((await store.publish([door]))[0]?.kind, "published");
  assert.deepEqual(store.injected().map(({ point, index }) => `${point} ${String(index)}`), ["commit 0", "publish 0"]);
});

test("In doubt and done: the answer is lost, the work is not", async () => {
  const { store, commit } = await begin({ kind: "inDoubtDone" }, { kind: "inDoubtDone" });
  assert.equal((await commit()).kind, "inDoubt");
  assert.equal(await version(store), 1);
  assert.deepEqual((await store.publish([door, { ...door, doorKey: "e" }])).map((result) => result.kind), ["inDoubt", "inDoubt"]);
  assert.equal((await store.publish([door]))[0]?.kind, "repeated");
});

test("In doubt and undone: neither the answer nor the work arrives", async () => {
  const { store, commit } = await begin({ kind: "inDoubtUndone" }, { kind: "inDoubtUndone" });
  assert.equal((await commit()).kind, "inDoubt");
  assert.equal(await version(store), 0);
  assert.equal((await store.publish([door]))[0]?.kind, "inDoubt");
  assert.equal((await store.publish([door]))[0]?.kind, "published");
});

test("In doubt and late: the work happens after the answer, unless a new grant fenced it before", async () => {
  const late = await begin({ kind: "inDoubtLate", lateMs: 50 });
  assert.equal((await late.commit()).kind, "inDoubt");
  assert.equal(await version(late.store), 0);
  await late.host.pass(50);
  await late.store.settled();
  assert.equal(await version(late.store), 1);

  const fenced = await begin({ kind: "inDoubtLate", lateMs: 50 });
  await fenced.commit();
  await fenced.store.acquire({ worker: "w", group: "g", partitions: [0] });
  await fenced.host.pass(50);
  await fenced.store.settled();
  assert.equal(await version(fenced.store), 0);
});

test("A delay passes before the work, and another before the answer", async () => {
  const { store, host, commit } = await begin({ kind: "delay", beforeMs: 10, afterMs: 20 });
  let answered = false;
  const answer = commit().then((result) => { answered = true; return result.kind; });
  assert.equal(await version(store), 0);
  await host.pass(10);
  assert.deepEqual({ version: await version(store), answered }, { version: 1, answered: false });
  await host.pass(20);
  assert.equal(await answer, "committed");
});

test("A change of a shared breaker that is in doubt throws, and has happened or not as the fault says", async () => {
  const host = handHost();
  const store = faultyStore(memoryStore({ host }), plannedFaults({ breaker: [{ kind: "unavailable" }, { kind: "inDoubtUndone" }, { kind: "inDoubtDone" }] }), host);
  const change = () => store.changeBreaker({ operation: "card.charge", kind: "open", version: 0, forMs: 10, by: "w" });
  for (const opened of [0, 0, 1]) {
    await assert.rejects(change(), (error) => isEvenkeelError(error) && error.code === "STORE_UNAVAILABLE");
    assert.equal((await store.listBreakers()).length, opened);
  }
  assert.equal((await change()).applied, false);
  assert.deepEqual(store.injected().map(({ point, index }) => `${point} ${String(index)}`), ["breaker 0", "breaker 1", "breaker 2"]);
});

test("Faults drawn from one seed are the same every time, of every kind, and as frequent as asked", () => {
  const draw = (seed: number) => {
    const plan = seededFaults({ seed, rate: 0.5 });
    return Array.from({ length: 400 }, () => plan.next("commit"));
  };
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  const faults = draw(1).filter((fault) => fault !== null);
  const kinds = ["delay", "inDoubtDone", "inDoubtLate", "inDoubtUndone", "unavailable"];
  assert.deepEqual([...new Set(faults.map((fault) => fault.kind))].sort(), kinds);
  assert.ok(faults.length > 120 && faults.length < 280, String(faults.length));
  const never = seededFaults({ seed: 1, rate: 0 });
  assert.equal(never.next("commit"), null);
  const some = seededFaults({ seed: 1, rate: 1, kinds: ["unavailable"] });
  assert.deepEqual([some.next("publish"), some.next("commit")], [{ kind: "unavailable" }, { kind: "unavailable" }]);
});
