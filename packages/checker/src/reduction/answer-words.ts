// The answer of a property as words, to be told apart in a fingerprint.
import { hash128 } from "@evenkeel/core/engine";

const known = new Map<string, readonly number[]>();

/** @param number of the property among those of its system. */
export function answerWords(
  { number, isBroken, applies }: { readonly number: number; readonly isBroken: boolean; readonly applies: boolean }, key: string | null, seed: number,
): readonly number[] {
  const text = `${String(seed)}\u0000answer\u0000${String(number)}\u0000${String(isBroken)}\u0000${String(applies)}\u0000${key === null ? "" : `\u0001${key}`}`;
  const found = known.get(text);
  if (found !== undefined) return found;
  const made = hash128(text, seed);
  if (known.size < 100_000) known.set(text, made);
  return made;
}
