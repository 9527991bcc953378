// The temporal properties of a subject as the explorer asks for them: hands on what the search tells, and turns what is found into runs
// through stored states. The judging is done in temporal.ts.
import type { TemporalJudge } from "../explore/recorder.ts";
import type { Properties } from "../space.ts";
import { numberedCases } from "./fair-cases.ts";
import { temporalRecorder } from "./temporal.ts";

/** Null where a subject has no temporal properties: then nothing needs to be recorded. */
export function temporalJudge<State>({ temporal, fairness }: Properties<State>, actionCount: number): TemporalJudge<State> | null {
  if (temporal.length === 0) return null;
  const cases = numberedCases(fairness, actionCount);
  const recorder = temporalRecorder(temporal, cases.sets);
  let asking = "";
  const numberOf = (action: number, detail: unknown): number => {
    asking = "the cases of fairness";
    return cases.number(action, detail);
  };
  return {
    get asking() {
      return asking;
    },
    stored(id, state, initial) {
      try {
        recorder.stored(id, state, initial);
      } finally {
        asking = recorder.asking;
      }
    },
    transition: (from, to, action, detail) => { recorder.transition(from, to, numberOf(action, detail)); },
    left: (from, action, detail) => { recorder.left(from, numberOf(action, detail)); },
    expanded: recorder.expanded,
    conclude() {
      const findings = recorder.conclude();
      const broken = findings.find(({ lasso }) => lasso !== null);
      return {
        broken: broken === undefined || broken.lasso === null ? null : {
          property: broken.name,
          ids: [broken.lasso.start, ...broken.lasso.moves.map(({ state }) => state)],
          takes(index, action, detail) {
            const move = broken.lasso?.moves[index - 1];
            return move === undefined || cases.number(action, detail) === move.action;
          },
          // The state before the cycle is `ids[cycleFrom]`, and the cycle ends in it again.
          backTo: Math.min(broken.lasso.cycleFrom + 1, broken.lasso.moves.length),
        },
        checked: findings.map(({ name, outcome }) => ({ name, checked: outcome !== "bounded" })),
        idle: findings.filter(({ outcome }) => outcome === "vacuous").map(({ name }) => name),
      };
    },
  };
}
