// Which bit of a state's row says what of the properties: one for each invariant that has a `when`, and one for each witness. It judges nothing.
import type { Properties } from "../../space.ts";
import type { Asked } from "../judge.ts";

interface AskedBits {
  /** By invariant: its bit; -1: it always applies. */
  readonly invariants: readonly number[];
  /** By witness. */
  readonly witnesses: readonly number[];
  readonly count: number;
  /** Numbers of 32 bits that they take. */
  readonly words: number;
}

export function askedBits<State>({ invariants, witnesses }: Properties<State>): AskedBits {
  let count = 0;
  const ofInvariants = invariants.map(({ when }) => (when === undefined ? -1 : count++));
  const ofWitnesses = witnesses.map(() => count++);
  return { invariants: ofInvariants, witnesses: ofWitnesses, count, words: Math.ceil(count / 32) };
}

/** @param times by bit, of so many states. */
export function askedOf({ invariants, witnesses }: AskedBits, states: number, times: readonly number[]): Asked {
  return {
    evaluated: states,
    applied: invariants.map((bit) => (bit < 0 ? states : (times[bit] ?? 0))),
    seen: witnesses.map((bit) => (times[bit] ?? 0) > 0),
  };
}
