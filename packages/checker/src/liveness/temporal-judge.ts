// The temporal properties of a subject as the explorer asks for them: hands on what the search tells, and turns what is found into runs
// through stored states. The judging is done in temporal.ts.
import type { TemporalJudge } from "../explore/recorder.ts";
import type { Properties } from "../space.ts";
import { temporalRecorder } from "./temporal.ts";

/** Null where a subject has no temporal properties: then nothing needs to be recorded. */
export function temporalJudge<State>({ temporal, fairness }: Properties<State>): TemporalJudge<State> | null {
  if (temporal.length === 0) return null;
  const recorder = temporalRecorder(temporal, fairness);
  return {
    get asking() {
      return recorder.asking;
    },
    stored: recorder.stored,
    transition: recorder.transition,
    left: recorder.left,
    expanded: recorder.expanded,
    conclude() {
      const findings = recorder.conclude();
      const broken = findings.find(({ lasso }) => lasso !== null);
      return {
        broken: broken === undefined || broken.lasso === null ? null : {
          property: broken.name,
          ids: [broken.lasso.start, ...broken.lasso.moves.map(({ state }) => state)],
          actions: [null, ...broken.lasso.moves.map(({ action }) => action)],
          // The state before the cycle is `ids[cycleFrom]`, and the cycle ends in it again.
          backTo: Math.min(broken.lasso.cycleFrom + 1, broken.lasso.moves.length),
        },
        checked: findings.map(({ name, outcome }) => ({ name, checked: outcome !== "bounded" })),
        idle: findings.filter(({ outcome }) => outcome === "vacuous").map(({ name }) => name),
      };
    },
  };
}
