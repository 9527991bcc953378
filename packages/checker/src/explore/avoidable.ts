// From where on a counterexample could not be avoided: the last of its states from which some other course still comes to rest with
// everything in order. A depth-first look from the end of the trace backwards; what was once found hopeless stays so.
import type { Properties, Subject, Words } from "../space.ts";

/** States that are expanded before the look is given up; it is a courtesy of the report and must not cost more than the search. */
const MOST = 20_000;

/**
 * The index of the last state of a way that leads to a violation from which things could still end well: in a state where nothing more
 * can happen, nothing has to, and no invariant was broken on the way. null: in none, or it would take too long to say.
 */
export async function avoidableAfter<State>(subject: Subject<State>, states: readonly State[], seed: number): Promise<number | null> {
  const look = new Look(subject, seed);
  try {
    for (let index = states.length - 2; index >= 0; index--) {
      const state = states[index];
      if (state === undefined) return null;
      const good = await look.canEndWell(state);
      if (good !== false) return good === null ? null : index;
    }
  } catch {
    // The subject's code throws somewhere off the trace: that is for another search to report.
  }
  return null;
}

class Look<State> {
  readonly #subject: Subject<State>;
  readonly #seed: number;
  readonly #hopeless = new Set<string>();
  readonly #words: Words = new Uint32Array(4);
  #expanded = 0;

  constructor(subject: Subject<State>, seed: number) {
    this.#subject = subject;
    this.#seed = seed;
  }

  /** null: not known. */
  async canEndWell(from: State): Promise<boolean | null> {
    const { space, properties } = this.#subject;
    const stack = [from];
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      const id = this.#idOf(state);
      if (this.#hopeless.has(id)) continue;
      this.#hopeless.add(id);
      if (++this.#expanded > MOST) return null;
      const before = state;
      let successors = 0;
      await space.expand(state, (action, next) => {
        successors++;
        if (isInOrder(properties, before, next, space.actions[action] ?? "")) stack.push(next);
      });
      if (successors === 0 && mayEnd(properties, state)) return true;
    }
    return false;
  }

  #idOf(state: State): string {
    this.#subject.space.fingerprint(state, this.#words, this.#seed);
    return this.#words.join(" ");
  }
}

function isInOrder<State>({ invariants, steps, stepConstraint, constraint }: Properties<State>, before: State, next: State, action: string): boolean {
  if (stepConstraint?.(before, next) === false || constraint?.(next) === false) return false;
  if (!steps.every(({ holds }) => holds(before, next, action))) return false;
  return invariants.every(({ holds, when }) => when?.(next) === false || holds(next));
}

function mayEnd<State>({ deadlock }: Properties<State>, state: State): boolean {
  return deadlock === "allowed" || deadlock.done(state);
}
