// The sets of interchangeable strings of a model, checked: which string is of which set. It says what is wrong with a definition and
// nothing about states.
import { EvenkeelError } from "@evenkeel/core";

export interface Interchangeable {
  /** All of them, set after set. */
  readonly names: readonly string[];
  /** Per name: the index of its set. */
  readonly groups: readonly number[];
  readonly sets: readonly (readonly string[])[];
}

/** Throws `MODEL_INVALID` for a string that is listed twice: it would have to be interchangeable with itself or in two ways. */
export function interchangeable(model: string, sets: readonly (readonly string[])[]): Interchangeable {
  const names = sets.flat();
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new EvenkeelError(
      "MODEL_INVALID", `The model "${model}" lists "${twice}" twice in its symmetry: give each interchangeable string once, in one set.`, { details: { model, name: twice } },
    );
  }
  return { names, groups: sets.flatMap((set, index) => set.map(() => index)), sets };
}

/** Permutations that, together, generate all others: each exchanges two neighbours of a set. */
export function exchanges({ sets }: Interchangeable): ReadonlyMap<string, string>[] {
  return sets.flatMap((set) => set.slice(1).map((name, index) => {
    const before = set[index] ?? name;
    return new Map([[before, name], [name, before]]);
  }));
}
