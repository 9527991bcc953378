// A space in which states that differ only in which interchangeable string is which count as one: by their fingerprints alone. States stay
// as they are, so what is shown of them is what happened.
import type { Space, Words } from "../space.ts";
import { structuralHash } from "../state/structural-hash.ts";
import type { Interchangeable } from "./interchangeable.ts";
import { orbitFingerprint } from "./orbit-fingerprint.ts";

const LOOKED_AT = 64;

/** The space of a model with symmetry. Its states must be comparable by structure. */
export function orbitSpace<State>(space: Space<State>, interchangeable: Interchangeable): Space<State> {
  const plain = structuralHash(0);
  const one: Words = new Uint32Array(4);
  const other: Words = new Uint32Array(4);
  let seedNow = 0;
  let fingerprint = orbitFingerprint(0, interchangeable);
  let looked = 0;
  return {
    ...space,
    fingerprint(state, into, seed) {
      // The space's own fingerprint refuses what cannot be compared.
      if (looked++ < LOOKED_AT) space.fingerprint(state, into, seed);
      if (seed !== seedNow) fingerprint = orbitFingerprint(seed, interchangeable);
      seedNow = seed;
      fingerprint(state, into);
    },
    sameState(before, after) {
      plain(before, one);
      plain(after, other);
      return one.every((word, index) => word === other[index]);
    },
  };
}
