// What came for a run and had no effect: told in its document, so that a late or doubled answer is never lost without a word.
import type { Handling } from "./handling.ts";
import type { Stray } from "./journal.ts";

const MAX_STRAYS = 20;

export function withStray(strays: readonly Stray[], { message: { id, name }, now }: Pick<Handling, "message" | "now">, why: string): readonly Stray[] {
  return [...strays, { id, name, why, at: now }].slice(-MAX_STRAYS);
}
