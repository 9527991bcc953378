// The fingerprint of a state's orbit: the same for all states that become equal by renaming interchangeable strings, and almost never for
// others. The state itself is not changed, and no representative is built.
import { scatter, spread } from "../state/mixing.ts";
import type { StructuralHash } from "../state/structural-hash.ts";
import { structuralHash } from "../state/structural-hash.ts";
import type { Interchangeable } from "./interchangeable.ts";
import { canonicalFingerprint } from "./labelling.ts";

interface Token {
  a: number;
  b: number;
}

/** As `structuralHash`, but for orbits. */
export function orbitFingerprint(seed: number, { names, groups }: Interchangeable): StructuralHash {
  const tokens = names.map((): readonly [Token, Token] => [{ a: 0, b: 0 }, { a: 0, b: 0 }]);
  const table = (pair: 0 | 1): Map<string, Token> => new Map(tokens.map((both, index) => [names[index] ?? "", both[pair]]));
  const hash = structuralHash(seed, [table(0), table(1)]);
  const canonical = canonicalFingerprint(groups);
  let current: unknown = null;
  const structure = {
    hash(labels: Int32Array, into: Uint32Array): void {
      for (let index = 0; index < tokens.length; index += 1) {
        const token = tokens[index];
        const label = labels[index] ?? 0;
        if (token === undefined) continue;
        token[0].a = spread(label ^ seed ^ 0x1b87_3593);
        token[0].b = scatter(label ^ seed ^ 0x38b3_4ae5);
        token[1].a = scatter(label ^ seed ^ 0x52dc_e729);
        token[1].b = spread(label ^ seed ^ 0x6a09_e667);
      }
      hash(current, into);
    },
  };
  return (value, into) => {
    current = value;
    canonical(structure, into);
  };
}
