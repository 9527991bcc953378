// What came for a run and had no effect: told in its document, so that a late or doubled answer is never lost without a word.
import type { Handling } from "./handling.ts";
import type { AnyRun, Buffered, Stray } from "./journal.ts";

const MAX_STRAYS = 20;

/** What came, and when. */
export type Came = Pick<Handling, "message" | "now">;

export function withStray(strays: readonly Stray[], { message: { id, name }, now }: Came, why: string): readonly Stray[] {
  return [...strays, { id, name, why, at: now }].slice(-MAX_STRAYS);
}

/**
 * A message by another key that crossed with the end of its run. Its key gives it to that run no more, so it is kept for a restart; a run with a parent
 * is not restarted. There are no more of them than it had waits.
 */
export function withLateSignal(run: AnyRun, message: Buffered, came: Came): AnyRun {
  if (run.parent !== null) return { ...run, strays: withStray(run.strays, came, "the run has ended") };
  return { ...run, unread: [...(run.unread ?? []), message], strays: withStray(run.strays, came, "the run has ended: a restart is given it") };
}
