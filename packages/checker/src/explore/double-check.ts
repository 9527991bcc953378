// Expands a sample of the states a second time: an honest subject gives the same transitions to the same ends, and leaves the state that it
// was given as it was. It compares fingerprints; it cannot see what the sample leaves out.
import type { Subject, Words } from "../space.ts";
import type { Finding } from "./finding.ts";
import type { Settings } from "./options.ts";

const ALWAYS = 100;

interface DoubleChecker<State> {
  /** Before a state is expanded. Returns whether it is one of the sample. */
  begin(id: number, state: State): boolean;
  /** For every transition out of it. */
  reached(action: number, words: Words): void;
  /** After it was expanded, if `begin` said so. Returns a promise only where the subject does. */
  end(state: State, tell: (found: Omit<Finding, "place"> | null) => void): Promise<void> | null;
}

export function doubleChecker<State>({ space }: Subject<State>, { seed, doubleCheck, fingerprintBits }: Settings): DoubleChecker<State> {
  const words: Words = new Uint32Array(fingerprintBits / 32);
  const threshold = doubleCheck * 2 ** 32;
  let recording = false;
  let before = "";
  let first: string[] = [];

  const fingerprint = (state: State): string => {
    space.fingerprint(state, words, seed);
    return words.join();
  };
  const nameOf = (action: number | null): string => {
    const name = action === null ? undefined : space.actions[action];
    return name === undefined ? "a transition" : `the action "${name}"`;
  };

  return {
    begin(id, state) {
      recording = doubleCheck > 0 && (id < ALWAYS || Math.imul(id ^ seed, 0x9e37_79b1) >>> 0 < threshold);
      if (!recording) return false;
      before = fingerprint(state);
      first = [];
      return true;
    },
    reached(action, reachedWords) {
      if (recording) first.push(`${action}:${reachedWords.join()}`);
    },
    end(state, tell) {
      recording = false;
      if (fingerprint(state) !== before) {
        tell(changed(nameOf(space.changer?.(state) ?? null)));
        return null;
      }
      let index = 0;
      let differs: number | null = null;
      const pending = space.expand(state, (action, next) => {
        if (differs === null && first[index] !== `${action}:${fingerprint(next)}`) differs = action;
        index += 1;
      });
      const conclude = (): void => tell(differs === null && index === first.length ? null : otherwise(nameOf(differs)));
      if (pending !== undefined) return pending.then(conclude);
      conclude();
      return null;
    },
  };
}

function changed(what: string): Omit<Finding, "place"> {
  return {
    verdict: "nondeterministic", property: what,
    reason: `${what} changes the state that it is given; make a new state, with what differs ({ ...state, field: value })`,
  };
}

function otherwise(what: string): Omit<Finding, "place"> {
  return {
    verdict: "nondeterministic", property: what,
    reason: `${what} led elsewhere when the same state was expanded again; take no clock, randomness, counter or outer variable into it`,
  };
}
