// What a run keeps of messages beyond those that it waits for: how many, and to whom an answer belongs that comes late. It drops nothing.
import { EvenkeelError } from "../errors.ts";
import type { Buffered, Owed } from "./journal.ts";

const MAX_OWED = 100;

/** Throws `WORKFLOW_INBOX_FULL` where more wait than a run keeps. */
export function checkBuffered(inbox: readonly Buffered[], most: number, workflow: string, run: string): void {
  if (inbox.length <= most) return;
  throw new EvenkeelError(
    "WORKFLOW_INBOX_FULL",
    `Run '${run}' of workflow '${workflow}' keeps ${String(most)} messages that nobody has waited for, and '${inbox.at(-1)?.name ?? ""}' would be one more: `
      + "have it wait for them, or raise `maxBuffered`, then redrive; or discard the message.",
    { details: { workflow, run, maxBuffered: most } },
  );
}

/** One more that was not answered in its time. */
export function withOwed(owed: readonly Owed[], { name, names }: Owed): readonly Owed[] {
  return [...owed, { name, names }].slice(-MAX_OWED);
}

/**
 * What a message answers too late, and what is still owed then; null: it answers nothing that has lapsed. Each is owed one answer, and the first
 * that comes is taken for it: services answer what they were asked in order.
 */
export function lateAnswer(owed: readonly Owed[], name: string): { readonly to: Owed; readonly owed: readonly Owed[] } | null {
  const to = owed.find(({ names }) => names.includes(name));
  return to === undefined ? null : { to, owed: owed.filter((one) => one !== to) };
}
