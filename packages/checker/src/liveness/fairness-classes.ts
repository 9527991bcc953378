// The fairness classes of a subject as masks: which classes an action belongs to, and which classes are weak or strong. A class is a set
// of actions that is treated fairly as one. It knows nothing of graphs.
import type { FairSets } from "./fair-cases.ts";

/** Masks of classes, `words` numbers of 32 bits each. */
export interface FairnessClasses {
  readonly words: number;
  readonly count: number;
  readonly weak: Uint32Array;
  readonly strong: Uint32Array;
  /** Adds the classes of an action to a mask. */
  include(action: number, into: Uint32Array): void;
  has(action: number, index: number): boolean;
  isStrong(index: number): boolean;
}

/** The classes in the order of the fairness: first the weak ones, then the strong ones. */
export function fairnessClasses(fairness: FairSets): FairnessClasses {
  const classes = [...fairness.weak, ...fairness.strong];
  const words = Math.max(1, Math.ceil(classes.length / 32));
  const mask = (): Uint32Array => new Uint32Array(words);
  const set = (into: Uint32Array, index: number): void => {
    into[index >>> 5] = (into[index >>> 5] ?? 0) | (1 << (index & 31));
  };
  const weak = mask();
  const strong = mask();
  const ofAction: Uint32Array[] = [];
  classes.forEach((actions, index) => {
    set(index < fairness.weak.length ? weak : strong, index);
    for (const action of actions) set((ofAction[action] ??= mask()), index);
  });
  return {
    words,
    count: classes.length,
    weak,
    strong,
    include(action, into) {
      const own = ofAction[action];
      if (own === undefined) return;
      for (let word = 0; word < words; word += 1) into[word] = (into[word] ?? 0) | (own[word] ?? 0);
    },
    has: (action, index) => (((ofAction[action]?.[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1,
    isStrong: (index) => index >= fairness.weak.length,
  };
}
