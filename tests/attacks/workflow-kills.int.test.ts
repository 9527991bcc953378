// Random kills of workers while runs of a workflow are in flight: from outside, and at the moments that hurt most. Also behind PgBouncer in transaction
// mode: `npm run test:pooled`. Longer: WORKFLOW_KILLS=200 npm test -- workflow-kills
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { randomOf, type Random } from "./ledger/random.ts";
import { auditOf } from "./trips/audit.ts";
import { tripsScene, type TripsScene } from "./trips/scene.ts";
import { PLACES } from "./trips/trips.ts";

const KILLS = Number(process.env["WORKFLOW_KILLS"] ?? "10");
const SIDE_BY_SIDE = 2;
/** A worker that does not come to the place where it should die is killed from outside after this time of work. */
const PATIENCE_MS = 2_000;
/** As long as nobody died at such a place: at least one does. */
const FIRST_PATIENCE_MS = 30_000;
const TROUBLE = { trouble: 0.05, slowMs: 30, leaseMs: 1_000 };

interface Deaths {
  /** How often a worker died where: at which place, or from outside. */
  readonly where: Map<string, number>;
  /** Runs with calls under way of which no row told, when their worker was gone. */
  orphaned: number;
}

/** One worker after the other, each killed. */
async function killed(scene: TripsScene, random: Random, next: () => boolean, deaths: Deaths): Promise<void> {
  while (next()) {
    const isFirst = !hasDiedAtPlace(deaths);
    const place = random() < 0.3 && !isFirst ? "from outside" : random.pick([...PLACES]);
    const death = place === "from outside" ? null : { place, nth: 1 + random.below(12) };
    const worker = scene.worker({ ...TROUBLE, death });
    // Some are still starting.
    const startsLong = place === "from outside" && random() < 0.3;
    if (startsLong) await pause(random.below(1_500));
    else {
      await Promise.race([worker.said("works").catch(() => undefined), worker.ended]);
      await Promise.race([worker.ended, pause(place === "from outside" ? random.below(800) : isFirst ? FIRST_PATIENCE_MS : PATIENCE_MS)]);
    }
    worker.kill("SIGKILL");
    await worker.ended;
    const where = worker.lines.some(({ event }) => event === "dies") ? place : "from outside";
    deaths.where.set(where, (deaths.where.get(where) ?? 0) + 1);
    deaths.orphaned += await orphansOf(scene, worker.pid);
  }
}

function hasDiedAtPlace({ where }: Deaths): boolean {
  return PLACES.some((place) => where.has(place));
}

/** Those whose dead owner still holds their lease; where another worker was quicker to take it over, there is none to be seen. */
async function orphansOf({ sql }: TripsScene, pid: number): Promise<number> {
  const [row] = await sql(`select count(*)::int as runs from $schema.worker w join $schema.lease l on l.worker = w.id
    join $schema.revival r on r.consumer_group = l.consumer_group and r.partition = l.partition where w.pid = ${String(pid)}`);
  return Number(row?.["runs"]);
}

test("runs whose workers are killed at any moment complete, the database's effects once, calls repeated under their key", { timeout: 600_000 }, async (t) => {
  const scene = await tripsScene(t);
  const random = randomOf(scene.seed);
  const deaths: Deaths = { where: new Map(), orphaned: 0 };
  let kills = 0;
  let over = false;
  const publishing = (async () => {
    for (let n = 0; !over && n < KILLS * 12; n++) {
      await scene.begin(`${random() < 0.2 ? "declined" : "trip"}-${String(n)}`);
      await pause(random.below(160));
    }
  })();
  const killers = Array.from({ length: SIDE_BY_SIDE }, () => killed(scene, random, () => !over && kills++ < KILLS, deaths));
  const killing = Promise.all(killers).finally(() => { over = true; });
  try {
    await Promise.all([publishing, killing]);
  } finally {
    // Whoever fails stops the others, before the scene ends.
    over = true;
    await Promise.allSettled([publishing, ...killers]);
  }
  const last = scene.worker(TROUBLE);
  await last.said("works");
  const { faults, ...counts } = await auditOf(scene);
  const killedWhere = [...deaths.where].map(([where, times]) => `${where} ${String(times)}`).join(", ");
  t.diagnostic(`${String(scene.begun.length)} trips; killed: ${killedWhere}; orphaned ${String(deaths.orphaned)}; ${JSON.stringify(counts)}`);
  assert.deepEqual(faults, [], `the same choices again: EVENKEEL_SEED=${String(scene.seed)}`);
  assert.ok(hasDiedAtPlace(deaths), `nobody died at a place that was chosen: ${killedWhere}`);
  // Calls that fail are revived without any death; these runs were in flight when their worker was killed, and went on with another.
  assert.ok(deaths.orphaned > 0 && counts.inherited > 0, `${String(deaths.orphaned)} runs lost their worker, and ${String(counts.inherited)} were taken over`);
});
