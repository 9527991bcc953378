// Holds the in-memory store against the store's conformance suite, on a clock that jumps to the next task when nothing else is left to
// do: leases run out and timers come due without waiting. What only the in-memory store does is tested here as well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultyStore, plannedFaults, storeConformance, type StoreFixture } from "@evenkeel/testkit";
import { derivedId } from "../message/hash.ts";
import type { Host } from "../spi/host.ts";
import type { Commit, Hint, Store } from "../spi/store.ts";
import { memoryStore } from "./memory-store.ts";

const SEED = Number(process.env["EVENKEEL_SEED"] ?? 20_250_117);

/** A host whose clock stands still while there is work, and then jumps. */
function jumpingHost(): Host {
  const tasks = new Map<number, { readonly at: number; readonly task: () => void }>();
  let clock = 0;
  let ids = 0;
  let scheduled = false;
  const schedule = (): void => {
    if (scheduled || tasks.size === 0) return;
    scheduled = true;
    setImmediate(jump);
  };
  function jump(): void {
    scheduled = false;
    const [next] = [...tasks].sort(([a, one], [b, other]) => one.at - other.at || a - b);
    if (next === undefined) return;
    tasks.delete(next[0]);
    clock = Math.max(clock, next[1].at);
    next[1].task();
    schedule();
  }
  return {
    now: () => 1_700_000_000_000 + clock,
    elapsed: () => clock,
    random: () => 0.5,
    newId: () => derivedId(String(ids++)),
    after: (delayMs, task) => {
      const id = ids++;
      tasks.set(id, { at: clock + delayMs, task });
      schedule();
      return () => { tasks.delete(id); };
    },
    soon: (task) => { setImmediate(task); },
    log: () => undefined,
  };
}

function fixtureOf(wrap: (store: Store, host: Host) => Store): StoreFixture {
  const host = jumpingHost();
  return { host, seed: SEED, store: async () => wrap(memoryStore({ host }), host), another: async (store) => store };
}

for (const { name, run } of storeConformance) {
  test(name, () => run(fixtureOf((store) => store)));
}

test("The conformance suite holds through a faulty store without faults", async () => {
  for (const { run } of storeConformance) await run(fixtureOf((store, host) => faultyStore(store, plannedFaults({}), host)));
});

test("The random case holds for many seeds", async () => {
  const random = storeConformance.find((one) => one.name.startsWith("Whatever is done"));
  assert.ok(random);
  for (let seed = 1; seed <= 60; seed++) await random.run({ ...fixtureOf((store) => store), seed });
});

const MANIFEST = { partitions: 2, groups: [{ name: "billing", handles: [] }], entities: ["account"], schemas: [] };

async function owned(store: Store): Promise<(parts: Partial<Commit>) => ReturnType<Store["commit"]>> {
  await store.prepare(MANIFEST);
  await store.join({ id: "w", groups: ["billing"], leaseMs: 1_000 });
  const fences = await store.acquire({ worker: "w", group: "billing", partitions: [0, 1] });
  return (parts) => store.commit({
    group: "billing", worker: "w", fences, progress: [], documents: [], messages: [], calls: [], callUpdates: [], timers: [],
    cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [], ...parts,
  });
}

const run = (name: string, rows: number | null) => ({ name, text: "", values: ["v"], rows });

test("A declared statement runs as its stand-in, and must change the rows it declares", async () => {
  const seen: (readonly (string | null)[])[] = [];
  const statements = {
    "one": (values: readonly (string | null)[]) => { seen.push(values); return 1; },
    "broken": () => { throw new Error("no such table"); },
  };
  const commit = await owned(memoryStore({ host: jumpingHost(), statements }));
  assert.deepEqual(await commit({ sql: [run("one", 1), run("one", null)] }), { kind: "committed", joinedCalls: [], handovers: [] });
  assert.deepEqual(seen, [["v"], ["v"]]);
  const refused = async (sql: Commit["sql"]) => {
    const result = await commit({ sql });
    assert.ok(result.kind === "refused" && result.by === "sql");
    return { ordinal: result.ordinal, reason: result.reason };
  };
  const miscounted = await refused([run("one", 1), run("one", 2)]);
  assert.deepEqual(miscounted, { ordinal: 1, reason: "The statement 'one' changed 1 rows instead of 2." });
  assert.match((await refused([run("broken", 1)])).reason, /no such table/);
  assert.match((await refused([run("toString", null)])).reason, /no stand-in for the statement 'toString'/);
});

test("SQL in a transaction is refused, and nothing is appended", async () => {
  const store = memoryStore({ host: jumpingHost() });
  await store.prepare(MANIFEST);
  await assert.rejects(store.transaction(async (sql) => ({ value: await sql.query("select 1"), calls: [] })), { code: "STORE_REFUSED" });
  assert.deepEqual(await store.tails(), []);
});

test("What only a defect can ask for is refused: unknown partitions and groups, progress without a fence or backwards", async () => {
  const store = memoryStore({ host: jumpingHost() });
  const commit = await owned(store);
  const refused = { code: "STORE_REFUSED" };
  await assert.rejects(store.acquire({ worker: "w", group: "nobody", partitions: [0] }), refused);
  await assert.rejects(store.acquire({ worker: "w", group: "billing", partitions: [2] }), refused);
  await assert.rejects(store.read({ group: "billing", names: [], cursors: [{ partition: -1, position: 0 }], limit: 1, maxLength: 1_000 }), refused);
  await assert.rejects(commit({ fences: [], progress: [{ partition: 0, from: 0, to: 1 }] }), refused);
  await commit({ progress: [{ partition: 0, from: 0, to: 5 }] });
  await assert.rejects(commit({ progress: [{ partition: 0, from: 5, to: 4 }] }), refused);
});

test("Taking a partition over buries its silent owner, whose beats then come too late", async () => {
  const host = jumpingHost();
  const store = memoryStore({ host });
  await store.prepare(MANIFEST);
  const zombie = await store.join({ id: "zombie", groups: ["billing"], leaseMs: 1_000 });
  zombie.beat();
  assert.equal(zombie.confirmedMsAgo?.(), 0);
  await store.acquire({ worker: "zombie", group: "billing", partitions: [0] });
  const alive = async () => (await store.roster()).workers.map((worker) => worker.id);
  await new Promise<void>((resolve) => { host.after(1_001, resolve); });
  assert.equal((await store.acquire({ worker: "heir", group: "billing", partitions: [0] })).length, 1);
  zombie.beat();
  assert.equal(zombie.confirmedMsAgo?.(), 1_001, "nobody confirms them");
  assert.deepEqual(await alive(), []);
  await store.join({ id: "zombie", groups: ["billing"], leaseMs: 1_000 });
  assert.deepEqual(await alive(), ["zombie"]);
  await zombie.leave();
  assert.deepEqual(await alive(), ["zombie"]);
});

test("Hints that come together are told once, and not before the present work is done", async () => {
  const host = jumpingHost();
  const store = memoryStore({ host });
  const heard: Hint[] = [];
  store.onHint((hint) => { heard.push(hint); });
  store.hint({ partitions: [1], timers: false });
  store.hint({ partitions: [0, 1], timers: true });
  assert.deepEqual(heard, []);
  await new Promise<void>((resolve) => { host.soon(resolve); });
  assert.deepEqual(heard, [{ partitions: [1, 0], timers: true, handovers: [] }]);
});

test("A door record is forgotten after fourteen days, and not before", async () => {
  const host = jumpingHost();
  const store = memoryStore({ host });
  await store.prepare(MANIFEST);
  const publish = async () => {
    await store.maintain();
    return (await store.publish([{ tenant: "default", doorKey: "door", digest: "d", messages: [], timers: [] }]))[0]?.kind;
  };
  const days = (count: number) => new Promise<void>((resolve) => { host.after(count * 24 * 3600 * 1000, resolve); });
  assert.equal(await publish(), "published");
  await days(14);
  assert.equal(await publish(), "repeated");
  await days(1);
  assert.equal(await publish(), "published");
});
