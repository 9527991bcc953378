// Revivals of a run whose key is parked, or that the store refuses: what was under way without a row when its worker was killed is neither lost nor
// performed under another key, whatever a person does with the dead letter before it.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { eventually } from "./ledger/attack-test.ts";
import type { Child } from "./ledger/processes.ts";
import { auditOf } from "./trips/audit.ts";
import { tripsScene, type TripRun, type TripsScene } from "./trips/scene.ts";

const TRIP = "trip-parked";
const NOTE = { actor: "attack", withinMs: 60_000 };

async function started(scene: TripsScene): Promise<Child> {
  const worker = scene.worker();
  await worker.said("works");
  return worker;
}

/** Kills it, and starts the next one. */
async function replaced(scene: TripsScene, worker: Child): Promise<Child> {
  worker.kill("SIGKILL");
  await worker.ended;
  return started(scene);
}

function letterOf(scene: TripsScene) {
  return eventually("its key is parked by a dead letter", async () => (await scene.app.deadLetters.list({ key: TRIP, state: "dead" }))[0]);
}

/** The messages of the run that queue in its parked key, in order. */
async function parked(scene: TripsScene): Promise<readonly string[]> {
  const rows = await scene.sql(`select name from $schema.parked where key = '${TRIP}' order by position`);
  return rows.map((row) => String(row["name"])).filter((name) => name !== "trip.confirmed");
}

async function untilParked(scene: TripsScene, names: readonly string[]): Promise<void> {
  await eventually(`${names.join(", ")} stand in its key`, async () => JSON.stringify(await parked(scene)) === JSON.stringify(names) || undefined);
}

async function times(scene: TripsScene, effect: string): Promise<number> {
  const [row] = await scene.sql(`select count(*)::int as times from $schema.performed where effect = '${effect} of ${TRIP}'`);
  return Number(row?.["times"]);
}

/** How often a call of this step went on with a row. */
function revivedTimes({ journal }: TripRun, step: string): number {
  const at = journal.findIndex((entry) => entry.kind === "requested" && entry.what === "step" && entry.name === step);
  return journal.filter((entry) => entry.kind === "revived" && entry.of === at).length;
}

function hasSettled(count: number): (run: TripRun) => boolean {
  return ({ journal }) => journal.filter(({ kind }) => kind === "settled").length === count;
}

const BOOKED = "trips.desk.book.outcome";
const LOOKED = "trips.desk.look.outcome";
const REVIVE = "trips.revive";

/** A run whose key is parked by the outcome of one call, while another call of its own is under way in its worker's memory alone. */
async function parkedRun(scene: TripsScene): Promise<Child> {
  scene.say("broken-told");
  scene.say("closed-weather");
  const worker = await started(scene);
  await scene.begin(TRIP);
  const letter = await letterOf(scene);
  assert.deepEqual([letter.code, letter.message.name], ["HANDLER_FAILED", BOOKED]);
  return worker;
}

describe("a revival that queues behind a dead letter of its key", { concurrency: 2 }, () => {
  test("is handled at the redrive, however many owners have asked for it: no call is lost, and none is performed twice", { timeout: 180_000 }, async (t) => {
    const scene = await tripsScene(t);
    let worker = await parkedRun(scene);
    worker = await replaced(scene, worker);
    await untilParked(scene, [BOOKED, REVIVE]);
    worker = await replaced(scene, worker);
    await untilParked(scene, [BOOKED, REVIVE, REVIVE]);
    scene.unsay("broken-told");
    scene.unsay("closed-weather");
    await scene.app.deadLetters.redrive(await letterOf(scene), NOTE);
    assert.deepEqual((await auditOf(scene)).faults, []);
    assert.deepEqual([await times(scene, "book flight"), await times(scene, "look weather")], [1, 1]);
    assert.ok(worker.isRunning());
  });

  test("has the call asked for anew, under its key, whose outcome was skipped before it", { timeout: 180_000 }, async (t) => {
    const scene = await tripsScene(t);
    await replaced(scene, await parkedRun(scene));
    await untilParked(scene, [BOOKED, REVIVE]);
    scene.unsay("broken-told");
    scene.unsay("closed-weather");
    await scene.app.deadLetters.skip(await letterOf(scene), NOTE);
    assert.deepEqual((await auditOf(scene)).faults, []);
    assert.deepEqual([await times(scene, "book flight"), await times(scene, "look weather")], [2, 1]);
  });

  test("requests nothing of a call that goes on with a row already", { timeout: 180_000 }, async (t) => {
    const scene = await tripsScene(t);
    const worker = await parkedRun(scene);
    scene.say("refused-weather");
    scene.unsay("closed-weather");
    await untilParked(scene, [BOOKED, REVIVE]);
    await replaced(scene, worker);
    await untilParked(scene, [BOOKED, REVIVE, REVIVE]);
    for (const name of ["broken-told", "refused-weather"]) scene.unsay(name);
    await scene.app.deadLetters.redrive(await letterOf(scene), NOTE);
    assert.deepEqual((await auditOf(scene)).faults, []);
    assert.deepEqual([await times(scene, "book flight"), await times(scene, "look weather")], [1, 1]);
    const run = await scene.run(TRIP);
    assert.equal(revivedTimes(run, "weather"), 1);
  });

  test("requests nothing of a call whose outcome queues before it", { timeout: 180_000 }, async (t) => {
    const scene = await tripsScene(t);
    const worker = await parkedRun(scene);
    scene.unsay("closed-weather");
    await untilParked(scene, [BOOKED, LOOKED]);
    await replaced(scene, worker);
    await untilParked(scene, [BOOKED, LOOKED, REVIVE]);
    scene.unsay("broken-told");
    await scene.app.deadLetters.redrive(await letterOf(scene), NOTE);
    assert.deepEqual((await auditOf(scene)).faults, []);
    assert.deepEqual([await times(scene, "book flight"), await times(scene, "look weather")], [1, 1]);
  });
});

describe("a call without a row that nobody has in memory", { concurrency: 2 }, () => {
  test("is seen in its run when its outcome was skipped, and the next owner asks for it under its key", { timeout: 180_000 }, async (t) => {
    const scene = await tripsScene(t);
    const worker = await parkedRun(scene);
    scene.unsay("broken-told");
    scene.unsay("closed-weather");
    await scene.app.deadLetters.skip(await letterOf(scene), NOTE);
    const run = await scene.run(TRIP, "has seen the weather", hasSettled(2));
    assert.deepEqual(scene.trips.inspect(run).waits.map(({ name }) => name), ["flight"]);
    await replaced(scene, worker);
    assert.deepEqual((await auditOf(scene)).faults, []);
    assert.deepEqual([await times(scene, "book flight"), await times(scene, "look weather")], [2, 1]);
  });

  test("is revived by the next owner where its revival was a dead letter and was skipped", { timeout: 180_000 }, async (t) => {
    const scene = await tripsScene(t);
    scene.say("closed-weather");
    const worker = await started(scene);
    await scene.begin(TRIP);
    await scene.run(TRIP, "has its flight", hasSettled(2));
    scene.say("broken-begins");
    const second = await replaced(scene, worker);
    await eventually("the revival is a dead letter", async () => (await letterOf(scene)).message.name === REVIVE || undefined);
    scene.unsay("closed-weather");
    scene.unsay("broken-begins");
    await scene.app.deadLetters.skip(await letterOf(scene), NOTE);
    assert.deepEqual(scene.trips.inspect(await scene.run(TRIP, "is there", () => true)).waits.map(({ name }) => name), ["weather"]);
    await replaced(scene, second);
    assert.deepEqual((await auditOf(scene)).faults, []);
    assert.deepEqual([await times(scene, "book flight"), await times(scene, "look weather")], [1, 1]);
  });

  test("waits while the store refuses its revival, which is told, disturbs nobody, and ends when the store takes it", { timeout: 180_000 }, async (t) => {
    const scene = await tripsScene(t);
    await scene.sql("create function $schema.refuse() returns trigger language plpgsql as $$ begin raise exception 'no revivals today'; end $$");
    const isRevival = `new.name = '${REVIVE}' and new.key = '${TRIP}'`;
    await scene.sql(`create trigger refuse before insert on $schema.log for each row when (${isRevival}) execute function $schema.refuse()`);
    scene.say("closed-weather");
    const worker = await started(scene);
    await scene.begin(TRIP);
    await scene.run(TRIP, "has its flight", hasSettled(2));
    const second = await replaced(scene, worker);
    scene.unsay("closed-weather");
    const refusals = () => second.lines.filter(({ event }) => event === "revival.refused");
    await eventually("the revival was refused twice", () => refusals().length >= 2 || undefined);
    assert.deepEqual(refusals().slice(0, 2).map((line) => [line["group"], line["key"], line["refusals"]]), [["trips", TRIP, 1], ["trips", TRIP, 2]]);
    assert.match(String(refusals()[0]?.["reason"]), /no revivals today/);
    // In all partitions, its own among them.
    const others = Array.from({ length: 12 }, (_, at) => `trip-${String(at)}`);
    for (const trip of others) await scene.begin(trip);
    for (const trip of others) await scene.run(trip);
    assert.equal((await scene.app.read(scene.trips.run, TRIP))?.status, "running");
    assert.deepEqual(second.lines.filter(({ event }) => event === "lease.lost"), []);
    await scene.sql("drop trigger refuse on $schema.log");
    assert.deepEqual((await auditOf(scene)).faults, []);
    assert.equal(await times(scene, "look weather"), 1);
  });
});
