// What came for a run and had no effect: told in its document, so that a late or doubled answer is never lost without a word.
import type { Handling } from "./handling.ts";
import type { AnyRun, Buffered, Stray } from "./journal.ts";

const MAX_STRAYS = 20;
/** Messages with their data, in a document that nothing may ever remove. */
const MAX_UNREAD = 100;

/** What came, and when. */
export type Came = Pick<Handling, "message" | "now">;

export function withStray(strays: readonly Stray[], { message: { id, name }, now }: Came, why: string): readonly Stray[] {
  return [...strays, { id, name, why, at: now }].slice(-MAX_STRAYS);
}

/**
 * A message by another key that crossed with the end of its run. Its key gives it to that run no more, so it is kept for a restart; a run with a parent
 * is not restarted.
 */
export function withLateSignal(run: AnyRun, message: Buffered, came: Came): AnyRun {
  if (run.parent !== null) return { ...run, strays: withStray(run.strays, came, "the run has ended") };
  const strays = withStray(run.strays, came, "the run has ended: a restart is given it");
  return { ...run, ...asUnread([...(run.unread ?? []), message], strays, came.now) };
}

/** What a run that has ended keeps for a restart: the newest, and those that make room for them are told of. */
export function asUnread(messages: readonly Buffered[], strays: readonly Stray[], now: number): Required<Pick<AnyRun, "unread" | "strays">> {
  const why = `the run has ended: a restart is given the last ${String(MAX_UNREAD)} messages, and this came before them`;
  const over = messages.slice(0, -MAX_UNREAD).map(({ id, name }) => ({ id, name, why, at: now }));
  return { unread: messages.slice(-MAX_UNREAD), strays: [...strays, ...over].slice(-MAX_STRAYS) };
}
