// What must hold of trips that are over: each came to its end, everything in the database took effect once, the desk was asked under one key per effect,
// journals replay, and nothing is left: no message, no call, no timer. It says in words what does not hold.
import { replayRuns } from "@evenkeel/testkit";
import { eventually } from "../ledger/attack-test.ts";
import type { TripsScene } from "./scene.ts";
import { DONE, effectsOf, isDeclined, Till } from "./trips.ts";

interface Audit {
  readonly faults: readonly string[];
  /** Effects that were performed more than once, under their key. */
  readonly repeated: number;
  /** Steps that went on with a row: their call had to be repeated, or their worker was gone. */
  readonly revived: number;
  /** Runs that a new owner had to revive, because their calls were under way in the memory of the one before it alone. Each time counts. */
  readonly inherited: number;
  /** Dead letters of messages whose worker was killed, redriven. */
  readonly redriven: number;
}

/** Waits for the end of all trips. What is taken for a killer, because a worker was killed while it was handled alone, is redriven as a person would. */
export async function auditOf(scene: TripsScene): Promise<Audit> {
  const { app, trips, begun, sql } = scene;
  const faults: string[] = [];
  const histories = [];
  let redriven = 0;
  const redrive = async (): Promise<void> => { redriven += await redriveKilled(scene); };
  for (const trip of begun) {
    const run = await eventually(`trip ${trip} is over`, async () => {
      await redrive();
      const found = await app.read(trips.run, trip);
      return found?.endedAt == null ? undefined : found;
    }, 120_000);
    const wanted = isDeclined(trip) ? ["compensated", undefined, []] : ["completed", DONE.map((step) => `trips/${trip}/${step}`), []];
    const found = [run.status, run.result, run.strays];
    if (JSON.stringify(found) !== JSON.stringify(wanted)) faults.push(`trip ${trip} ended as ${JSON.stringify(found)}, not as ${JSON.stringify(wanted)}`);
    histories.push({ workflow: trips.name, id: trip, run });
  }
  await eventually("nothing is pending", async () => {
    await redrive();
    const groups = await app.deadLetters.summary();
    const [left] = await sql("select (select count(*)::int from $schema.revival) as notes, (select count(*)::int from $schema.timer) as timers");
    return (left?.["notes"] === 0 && left["timers"] === 0 && groups.every((one) => one.lag + one.waitingKeys + one.deadLetters + one.calls === 0)) || undefined;
  });
  faults.push(...await tillFaults(scene), ...await saidFaults(scene));
  const { faults: deskFaults, repeated } = await deskFaultsOf(scene);
  const replayed = await replayRuns(trips, histories, { strict: true });
  if (!replayed.passed) faults.push(replayed.text);
  const revived = histories.flatMap(({ run }) => run.journal).filter(({ kind }) => kind === "revived").length;
  const [heirs] = await sql("select count(*)::int as times from $schema.log where name = 'trips.revive' and body->'call' is null");
  return { faults: [...faults, ...deskFaults], repeated, revived, inherited: Number(heirs?.["times"]), redriven };
}

/** How many there were. Any other dead letter is a failure. */
async function redriveKilled({ app }: TripsScene): Promise<number> {
  const letters = await app.deadLetters.list({ state: "dead" });
  for (const letter of letters) {
    if (letter.code !== "HANDLER_KILLED") throw new Error(`${letter.group} ${letter.key} is a dead letter: ${letter.code} ${letter.reason}`);
    await app.deadLetters.redrive(letter, { actor: "attack", note: "its worker was killed on purpose", withinMs: 60_000 });
  }
  return letters.length;
}

async function tillFaults({ app, begun }: TripsScene): Promise<string[]> {
  const found = await Promise.all(begun.map(async (trip) => ({ trip, till: await app.read(Till, trip) })));
  return found.flatMap(({ trip, till }) => {
    const right = isDeclined(trip) ? till === undefined : till?.paid === 1 && till.posted.join() === "ok";
    return right ? [] : [`the till of trip ${trip} says ${JSON.stringify(till)}`];
  });
}

/** Statements of a run, in its own commits. */
async function saidFaults({ begun, sql }: TripsScene): Promise<string[]> {
  const rows = await sql("select trip, string_agg(what, ',' order by what) as said from $schema.said group by trip");
  const said = new Map(rows.map((row) => [row["trip"], row["said"]]));
  return begun.flatMap((trip) => {
    const wanted = isDeclined(trip) ? "held" : "held,paid";
    return said.get(trip) === wanted ? [] : [`of trip ${trip} was said ${String(said.get(trip))}, not ${wanted}`];
  });
}

async function deskFaultsOf({ begun, sql }: TripsScene): Promise<{ readonly faults: readonly string[]; readonly repeated: number }> {
  const rows = await sql("select effect, key, count(*)::int as times from $schema.performed group by effect, key");
  const expected = new Map(begun.flatMap((trip) => [...effectsOf(trip)]));
  const performed = new Map(rows.map((row) => [row["effect"], row["key"]]));
  const faults = rows.filter((row) => expected.get(String(row["effect"])) !== row["key"])
    .map((row) => `'${String(row["effect"])}' was performed under ${String(row["key"])}`);
  const missing = [...expected].filter(([effect, key]) => performed.get(effect) !== key).map(([effect]) => `'${effect}' was not performed`);
  return { faults: [...faults, ...missing], repeated: rows.filter((row) => Number(row["times"]) > 1).length };
}
