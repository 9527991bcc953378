// Reduced searches against the full one, on random small systems: each property for itself has the same verdict, and with partial order every
// world at rest is met. Each reduction is tried alone and together with the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "../system/cell.ts";
import { openSystem } from "../system/check-system.ts";
import { forbidInHandlers } from "../system/forbidden.ts";
import { explore } from "../explore/explore.ts";
import type { Report } from "../report.ts";
import { exploreReduced } from "./explore-reduced.ts";
import { Footprints } from "./footprints.ts";
import { randomness, randomSystem, type RandomSystem } from "./testing/random-system.ts";
import { ReducedSpace, type Reductions } from "./reduced-space.ts";

const seed = Number(process.env["SEED"] ?? 20_261_121);
const SYSTEMS = Number(process.env["SYSTEMS"] ?? 14);
const LIMIT = 1_500;

interface Explored {
  readonly report: Report;
  /** Every world at rest that the search itself has met, by fingerprints of the whole of it. */
  readonly rests: ReadonlySet<string>;
  readonly merged: number;
}

/** Properties that only count what was met are not told to the reductions. */
async function explored(definition: RandomSystem, on: Reductions | null): Promise<Explored> {
  const { subject, space, plan, cells, properties, runs } = await openSystem(definition);
  const rests = new Set<string>();
  const words = new Uint32Array(4);
  const collect = { name: "collect", holds: (world: World): boolean => {
    if (!space.isAtRest(world)) return true;
    space.fingerprint(world, words, 0);
    rests.add(words.join());
    return true;
  } };
  const watched = { ...subject, properties: { ...subject.properties, invariants: [...subject.properties.invariants, collect] } };
  if (on === null) return { report: await explore(watched, { maxStates: LIMIT }), rests, merged: 0 };
  const parts = { space, plan, cells, properties, footprints: new Footprints({ space, plan, cells, runs }) };
  const reduced = new ReducedSpace(parts, on);
  const { report } = await exploreReduced(watched, reduced, parts, { maxStates: LIMIT * 2 });
  return { report, rests, merged: reduced.met - report.distinct };
}

/** A property that never applies makes no difference here. */
const outcome = ({ verdict, trace }: Report): string => `${verdict} ${trace?.property ?? ""}`;

const WAYS: readonly Reductions[] = [
  { partialOrder: true, retired: false }, { partialOrder: false, retired: true }, { partialOrder: true, retired: true },
];

test(`${String(SYSTEMS)} random systems: reduced searches say what the full one says (SEED=${String(seed)})`, async () => {
  const allow = forbidInHandlers();
  const random = randomness(seed);
  const seen = { pass: 0, violated: 0, vacuous: 0 };
  let fewer = 0;
  let merged = 0;
  try {
    for (let round = 0; round < SYSTEMS; round += 1) {
      const { system, properties } = randomSystem(random);
      const whole = await explored(system, null);
      if (whole.report.verdict === "bounded") continue;
      for (const on of WAYS) {
        const told = `SEED=${String(seed)}, system ${String(round)}, ${JSON.stringify(on)}`;
        const { report, rests, merged: like } = await explored(system, on);
        assert.equal(outcome(report), outcome(whole.report), told);
        if (!on.retired) assert.deepEqual([...rests].sort(), [...whole.rests].sort(), told);
        assert.ok([...rests].every((rest) => whole.rests.has(rest)), told);
        assert.ok(report.distinct <= whole.report.distinct, told);
        if (report.distinct < whole.report.distinct && on.partialOrder && !on.retired) fewer += 1;
        if (like > 0 && on.retired) merged += 1;
      }
      for (const property of properties) {
        const full = await explored({ ...system, ...property }, null);
        const { verdict } = full.report;
        if (verdict === "pass" || verdict === "violated" || verdict === "vacuous") seen[verdict] += 1;
        for (const on of WAYS) {
          const { report, merged: like } = await explored({ ...system, ...property }, on);
          if (like > 0 && on.retired) merged += 1;
          assert.equal(outcome(report), outcome(full.report), `SEED=${String(seed)}, system ${String(round)}, ${JSON.stringify(on)}: ${full.report.reason}, ${report.reason}`);
        }
      }
    }
  } finally {
    allow();
  }
  assert.ok(seen.pass >= SYSTEMS / 3 && seen.violated >= SYSTEMS / 4, `too little was compared: ${JSON.stringify(seen)}`);
  assert.ok(fewer >= SYSTEMS / 5, `partial order left something out of only ${String(fewer)} systems`);
  assert.ok(merged >= SYSTEMS / 10, `what was over was merged in only ${String(merged)} searches`);
});
