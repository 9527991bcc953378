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
const TROUBLE = { trouble: 0.05, slowMs: 30, leaseMs: 1_000 };

/** One worker after the other, each killed. */
async function killed(scene: TripsScene, random: Random, next: () => boolean, victims: Map<string, number>): Promise<void> {
  while (next()) {
    const place = random() < 0.3 ? "from outside" : random.pick([...PLACES]);
    const death = place === "from outside" ? null : { place, nth: 1 + random.below(12) };
    const worker = scene.worker({ ...TROUBLE, death });
    // Some are still starting.
    const startsLong = place === "from outside" && random() < 0.3;
    if (startsLong) await pause(random.below(1_500));
    else {
      await Promise.race([worker.said("works").catch(() => undefined), worker.ended]);
      await Promise.race([worker.ended, pause(place === "from outside" ? random.below(800) : PATIENCE_MS)]);
    }
    worker.kill("SIGKILL");
    await worker.ended;
    const where = worker.lines.some(({ event }) => event === "dies") ? place : "from outside";
    victims.set(where, (victims.get(where) ?? 0) + 1);
  }
}

test("runs whose workers are killed at any moment complete, the database's effects once, calls repeated under their key", { timeout: 600_000 }, async (t) => {
  const scene = await tripsScene(t);
  const random = randomOf(scene.seed);
  const victims = new Map<string, number>();
  let kills = 0;
  let over = false;
  const publishing = (async () => {
    for (let n = 0; !over && n < KILLS * 12; n++) {
      await scene.begin(`${random() < 0.2 ? "declined" : "trip"}-${String(n)}`);
      await pause(random.below(160));
    }
  })();
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => killed(scene, random, () => kills++ < KILLS, victims)));
  over = true;
  await publishing;
  const last = scene.worker(TROUBLE);
  await last.said("works");
  const { faults, ...counts } = await auditOf(scene);
  const killedWhere = [...victims].map(([where, times]) => `${where} ${String(times)}`).join(", ");
  t.diagnostic(`${String(scene.begun.length)} trips; killed: ${killedWhere}; ${JSON.stringify(counts)}`);
  assert.deepEqual(faults, [], `the same choices again: EVENKEEL_SEED=${String(scene.seed)}`);
  assert.equal([...victims.values()].reduce((sum, one) => sum + one, 0), KILLS);
  assert.ok(scene.begun.length > 0 && counts.revived > 0, "nothing was in flight, so nothing was tested");
});
