// Holds a model against its claim of symmetry, state by state: with two strings exchanged, the same must be able to happen, and every
// property must say the same. It finds what is broken in the states that it is given; a claim that no state contradicts is not proven.
import type { Audited, Properties, Space, Words } from "../space.ts";
import type { Interchangeable } from "./interchangeable.ts";
import { exchanges } from "./interchangeable.ts";
import { renamed } from "./renaming.ts";

/** The name under which a broken claim is reported. */
const PROPERTY = "symmetry";

interface Taken<State> {
  readonly action: number;
  readonly next: State;
  readonly orbit: string;
}

/** @param space one whose fingerprints stand for orbits. */
export function symmetryAudit<State>(
  space: Space<State>, properties: Properties<State>, interchangeable: Interchangeable,
): (state: State) => Promise<Audited | null> {
  const words: Words = new Uint32Array(4);
  const permutations = exchanges(interchangeable);

  async function taken(state: State): Promise<Taken<State>[]> {
    const all: Taken<State>[] = [];
    await space.expand(state, (action, next) => {
      space.fingerprint(next, words, 0);
      all.push({ action, next, orbit: words.join() });
    });
    return all;
  }

  return async (state) => {
    const before = await taken(state);
    for (const permutation of permutations) {
      const exchanged = [...permutation.keys()].map((name) => `"${name}"`).join(" and ");
      const mirror = renamed(state, permutation);
      const odd = oddAction(before, await taken(mirror));
      if (odd !== null) {
        return broken(`the action "${space.actions[odd] ?? ""}": with ${exchanged} exchanged it leads elsewhere`);
      }
      const biased = oddPredicate(properties, state, mirror) ?? oddStep(properties, space.actions, state, mirror, before, permutation);
      if (biased !== null) return broken(`${biased}: with ${exchanged} exchanged it says otherwise`);
    }
    return null;
  };
}

function broken(what: string): Audited {
  return { property: PROPERTY, reason: `symmetry is broken by ${what}; do not compare, sort or single out interchangeable strings, or take them out of "symmetry"` };
}

/** An action that leads to more ends of some orbit from one state than from the other. */
function oddAction<State>(before: readonly Taken<State>[], after: readonly Taken<State>[]): number | null {
  const surplus = (of: readonly Taken<State>[], over: readonly Taken<State>[]): number | null => {
    const counts = new Map<string, number>();
    for (const { orbit } of over) counts.set(orbit, (counts.get(orbit) ?? 0) + 1);
    for (const { orbit, action } of of) {
      const left = (counts.get(orbit) ?? 0) - 1;
      if (left < 0) return action;
      counts.set(orbit, left);
    }
    return null;
  };
  return surplus(before, after) ?? surplus(after, before);
}

function oddPredicate<State>({ invariants, witnesses, constraint, deadlock }: Properties<State>, state: State, mirror: State): string | null {
  for (const { name, holds, when } of invariants) {
    const applies = when === undefined || when(state);
    if (when !== undefined && when(mirror) !== applies) return `the invariant "${name}"`;
    if (applies && holds(state) !== holds(mirror)) return `the invariant "${name}"`;
  }
  for (const { name, holds } of witnesses) if (holds(state) !== holds(mirror)) return `the witness "${name}"`;
  if (constraint !== null && constraint(state) !== constraint(mirror)) return "the constraint";
  if (deadlock !== "allowed" && deadlock.done(state) !== deadlock.done(mirror)) return "the deadlock condition";
  return null;
}

function oddStep<State>(
  { steps, constraint, stepConstraint }: Properties<State>, actions: readonly string[],
  state: State, mirror: State, before: readonly Taken<State>[], permutation: ReadonlyMap<string, string>,
): string | null {
  if (steps.length === 0 && constraint === null && stepConstraint === null) return null;
  for (const { action, next } of before) {
    const after = renamed(next, permutation);
    const name = actions[action] ?? "";
    for (const step of steps) if (step.holds(state, next, name) !== step.holds(mirror, after, name)) return `the step property "${step.name}"`;
    if (constraint !== null && constraint(next) !== constraint(after)) return "the constraint";
    if (stepConstraint !== null && stepConstraint(state, next) !== stepConstraint(mirror, after)) return "the step constraint";
  }
  return null;
}
