// What kills its worker each time, in all places of a workflow and around it: found after the deaths that are stated, set aside alone, and gone on
// with when it is mended.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { eventually } from "./ledger/attack-test.ts";
import { auditOf } from "./trips/audit.ts";
import { supervised, tripsScene } from "./trips/scene.ts";

/**
 * `most`: four of a message in the log: one whose owner had got on before, two until it is suspected, and one behind its mark. Of an outcome that is
 * decided with its call, one more; and one more of a call without a row (decisions 0044 and 0053).
 */
const KILLERS = [
  { what: "a run's function where it begins", place: "where a function begins", group: "trips", most: 4 },
  { what: "a run's function where it is told of a call without a row", place: "where a function is told", group: "trips", most: 6 },
  { what: "a handler of a message", place: "in a handler", group: "till", most: 4 },
  { what: "a handler of an outcome that is decided with its call", place: "in an outcome", group: "till", most: 5 },
] as const;
const OTHERS = Array.from({ length: 12 }, (_, at) => `trip-${String(at)}`);
const KILLER = "trip-killer";

describe("what kills its worker each time is set aside alone, and goes on when it is mended", { concurrency: 2 }, () => {
  for (const { what, place, group, most } of KILLERS) {
    test(`${what}, after ${String(most)} deaths at most`, { timeout: 300_000 }, async (t) => {
      const scene = await tripsScene(t);
      for (const trip of OTHERS.slice(0, 6)) await scene.begin(trip);
      await scene.begin(KILLER);
      const fleet = supervised(scene, { death: { place, trip: KILLER } });
      for (const trip of OTHERS.slice(6)) await scene.begin(trip);
      const letter = await eventually("it is a dead letter", async () => (await scene.app.deadLetters.list({ key: KILLER, state: "dead" }))[0], 200_000);
      const deaths = fleet.deaths();
      t.diagnostic(`${String(deaths)} deaths: ${letter.message.name}`);
      assert.deepEqual([letter.code, letter.group, letter.key], ["HANDLER_KILLED", group, KILLER]);
      assert.ok(deaths >= 3 && deaths <= most, `${String(deaths)} workers died of it`);
      await scene.begin("trip-later");
      for (const trip of scene.begun.filter((one) => one !== KILLER)) await scene.run(trip);
      await eventually("all others are handled", async () => (await scene.app.deadLetters.summary()).every((one) => one.lag + one.calls === 0) || undefined);
      assert.deepEqual((await scene.app.deadLetters.list()).map((one) => `${one.group} ${one.key} ${one.code}`), [`${group} ${KILLER} HANDLER_KILLED`]);
      assert.equal(fleet.deaths(), deaths, "nobody dies of what was set aside");
      await fleet.stop();

      const mended = supervised(scene, {});
      await scene.app.deadLetters.redrive(letter, { actor: "attack", withinMs: 60_000 });
      assert.deepEqual((await auditOf(scene)).faults, [], `seed ${String(scene.seed)}`);
      assert.equal(mended.deaths(), 0);
      await mended.stop();
    });
  }
});
