// Asks a subject's properties about states and transitions, and counts how often each said something. It knows nothing of the search.
import type { InvariantCoverage, WitnessCoverage } from "../report.ts";
import type { Properties } from "../space.ts";

/** How often properties were asked, by their index. */
export interface Asked {
  readonly evaluated: number;
  readonly applied: readonly number[];
  /** Witnesses that some of the states show. */
  readonly seen: readonly boolean[];
}

export interface Judge<State> {
  /** The property whose code runs now or ran last: it is named when it throws. */
  readonly asking: string;
  /** The name of the first invariant that a state breaks, or null. `depth` is the level of the state. */
  state(state: State, depth: number): string | null;
  /** The name of the first step property that a transition breaks, or null. */
  step(before: State, after: State, action: string): string | null;
  invariants(): InvariantCoverage[];
  witnesses(): WitnessCoverage[];
  /** Counts what was asked elsewhere, about states of one level in which every invariant holds. */
  add(asked: Asked, depth: number): void;
  /** Continues the counts of an earlier part of the same search. */
  resume(invariants: readonly InvariantCoverage[], witnesses: readonly WitnessCoverage[]): void;
}

export function judgeOf<State>({ invariants, steps, witnesses }: Properties<State>): Judge<State> {
  const applied = new Float64Array(invariants.length);
  const evaluated = new Float64Array(invariants.length);
  const seenAt: (number | null)[] = witnesses.map(() => null);
  let unseen = witnesses.length;
  let asking = "";

  function look(state: State, depth: number): void {
    for (const [index, witness] of witnesses.entries()) {
      if (seenAt[index] !== null) continue;
      asking = `sometimes "${witness.name}"`;
      if (!witness.holds(state)) continue;
      seenAt[index] = depth;
      unseen -= 1;
    }
  }

  return {
    get asking() { return asking; },
    state(state, depth) {
      if (unseen > 0) look(state, depth);
      for (let index = 0; index < invariants.length; index += 1) {
        const invariant = invariants[index];
        if (invariant === undefined) continue;
        asking = invariant.name;
        evaluated[index] = (evaluated[index] ?? 0) + 1;
        if (invariant.when !== undefined && !invariant.when(state)) continue;
        applied[index] = (applied[index] ?? 0) + 1;
        if (!invariant.holds(state)) return invariant.name;
      }
      return null;
    },
    step(before, after, action) {
      for (const property of steps) {
        asking = property.name;
        if (!property.holds(before, after, action)) return property.name;
      }
      return null;
    },
    add(asked, depth) {
      for (const [index, times] of asked.applied.entries()) {
        evaluated[index] = (evaluated[index] ?? 0) + asked.evaluated;
        applied[index] = (applied[index] ?? 0) + times;
      }
      for (const [index, isSeen] of asked.seen.entries()) if (isSeen) seenAt[index] ??= depth;
      unseen = seenAt.filter((one) => one === null).length;
    },
    resume(earlier, shown) {
      for (const [index, coverage] of earlier.entries()) {
        evaluated[index] = coverage.evaluated;
        applied[index] = coverage.applied;
      }
      for (const [index, { depth }] of shown.entries()) seenAt[index] = depth;
      unseen = seenAt.filter((depth) => depth === null).length;
    },
    invariants: () => invariants.map(({ name }, index) => ({ name, evaluated: evaluated[index] ?? 0, applied: applied[index] ?? 0 })),
    witnesses: () => witnesses.map(({ name }, index) => ({ name, depth: seenAt[index] ?? null })),
  };
}
