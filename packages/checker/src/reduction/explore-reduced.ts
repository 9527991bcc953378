// Explores a system with reductions: round after round, each on what is known of its steps when it begins, until one learns nothing new. Only
// that one says that something holds. What a round finds broken is broken: every step of it is a step of the system.
import { explore } from "../explore/explore.ts";
import type { ExploreOptions } from "../explore/options.ts";
import type { Report } from "../report.ts";
import type { Subject } from "../space.ts";
import type { World } from "../system/cell.ts";
import type { ReducedSpace } from "./reduced-space.ts";
import type { ReducedParts } from "./relations.ts";

const WALKS = 60;
const MOST_STEPS = 400;
/** No system is known that needs more than a few. */
const MOST_ROUNDS = 100;

interface ReducedReport {
  readonly report: Report;
  readonly rounds: number;
}

export async function exploreReduced(subject: Subject<World>, space: ReducedSpace, parts: ReducedParts, options: ExploreOptions): Promise<ReducedReport> {
  const began = performance.now();
  await walk(parts, (options.seed ?? 0) >>> 0);
  const shownAt = new Map<string, number | null>();
  for (let rounds = 1; ; rounds += 1) {
    space.begin();
    const before = space.knowledge;
    const left = options.maxSeconds === undefined ? {} : { maxSeconds: Math.max(0, options.maxSeconds - (performance.now() - began) / 1_000) };
    const report = await explore({ ...subject, space }, { ...options, ...left });
    for (const { name, depth } of report.witnesses) if ((shownAt.get(name) ?? null) === null) shownAt.set(name, depth);
    const hasLearnt = space.knowledge !== before;
    const isSettled = !hasLearnt && !space.recall();
    const seconds = (performance.now() - began) / 1_000;
    const witnesses = report.witnesses.map(({ name }) => ({ name, depth: shownAt.get(name) ?? null }));
    if (isSettled || (report.verdict !== "pass" && report.verdict !== "vacuous")) {
      // What is not followed shortens ways, and what is left out may turn out to matter.
      return { report: { ...report, seconds, witnesses, wholeLevels: isSettled && report.verdict !== "bounded" ? report.wholeLevels : 0 }, rounds };
    }
    if (rounds < MOST_ROUNDS) continue;
    const reason = `after ${String(rounds)} rounds something new was still learnt of what steps read and write; what was seen holds`;
    return { report: { ...report, seconds, witnesses, verdict: "bounded", reason, wholeLevels: 0 }, rounds };
  }
}

/** Random ways through the whole system, so that the first round begins with most of what there is to know. Nothing rests on them. */
async function walk({ space, footprints, properties }: ReducedParts, seed: number): Promise<void> {
  let word = (seed ^ 0x9e37_79b9) | 1;
  const below = (count: number): number => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) % count;
  };
  const { invariants, witnesses } = properties.forExplorer;
  try {
    for (let each = 0; each < WALKS; each += 1) {
      for (const start of space.initials()) {
        let world = start;
        for (let step = 0; step < MOST_STEPS; step += 1) {
          for (const { when, holds } of invariants) if (when?.(world) !== false) holds(world);
          for (const { holds } of witnesses) holds(world);
          const nexts: World[] = [];
          for (const mover of space.movers(world)) {
            await space.move(world, mover, (_, next) => {
              footprints.learn(mover, world, next);
              nexts.push(next);
            });
          }
          const next = nexts[below(Math.max(1, nexts.length))];
          if (next === undefined) break;
          world = next;
        }
      }
    }
  } catch {
    // What throws here throws in the search, which tells where.
  }
}
