// `evenkeel dead-letters redrive --all`: tells how the library's redriving of all went, with every letter that failed.
import { deadLetters, type DeadLetterRef, type OperatorNote } from "@evenkeel/core";
import type { ParkedEntry } from "@evenkeel/core/spi";
import { nodeHost } from "@evenkeel/postgres";
import { show, type Invocation } from "../command.ts";
import { choiceOf } from "../dead-letter-choice.ts";
import { usage } from "../errors.ts";
import { logOf, withOperator } from "../open-database.ts";
import { table } from "../table.ts";

const PROGRESS_MS = 2_000;

export function redriveAll(invocation: Invocation, note: OperatorNote, rate: number | undefined): Promise<number> {
  const { given, around } = invocation;
  if (given.text("position") !== undefined) throw usage("--position names one message: leave out --all.");
  return withOperator(invocation, async (operator) => {
    const letters = deadLetters(operator, nodeHost(logOf(invocation)));
    let told = performance.now();
    const onProgress = (count: number): void => {
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      around.err(`${String(count)}\n`);
    };
    const result = await letters.redriveAll(choiceOf(given, operator.groups), { ...note, onProgress, ...(rate === undefined ? {} : { perSecond: rate }) });
    const { done, failed, left, complete } = result;
    const place = ({ group, tenant, key, position }: DeadLetterRef): Omit<DeadLetterRef, "partition"> => ({ group, tenant, key, position });
    const value = {
      redriven: done.length, failed: failed.length, left, complete,
      results: [
        ...done.map((control) => ({ ...place(control), request: control.id, result: "done" })),
        ...failed.map(({ letter, code, message }) => ({ ...place(letter), request: null, result: `${code}: ${message}` })),
      ],
    };
    const rest = `${left === 0 ? "" : ` ${String(left)} were left as they are.`}${complete ? "" : " The database went away: there may be more."}`;
    const text = `redriven ${String(done.length)} of ${String(done.length + failed.length + left)}.${rest}\n`;
    const rows = failed.map(({ letter, code, message }) => ({ entry: letter, result: `${code}: ${message}` }));
    show(invocation, value, rows.length === 0 ? text : `${text}${failures(rows)}`);
    return failed.length === 0 && left === 0 && complete ? 0 : 1;
  });
}

/** What failed and why, as a table. */
export function failures(rows: readonly { readonly entry: ParkedEntry; readonly result: string }[]): string {
  return table(rows, [
    { title: "GROUP", value: (one) => one.entry.group }, { title: "KEY", value: (one) => one.entry.key },
    { title: "POSITION", value: (one) => one.entry.position }, { title: "RESULT", value: (one) => one.result },
  ]);
}
