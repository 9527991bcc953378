// `evenkeel calls retry --all`: every call in need that fits, page by page, oldest request first, each once.
import { durableCalls, type RetryNote } from "@evenkeel/core";
import type { CallEntry } from "@evenkeel/core/spi";
import { nodeHost } from "@evenkeel/postgres";
import { callChoiceOf } from "../call-choice.ts";
import { show, type Invocation } from "../command.ts";
import { reportOf } from "../errors.ts";
import { forEachPaced } from "../for-each-paced.ts";
import { logOf, withOperator } from "../open-database.ts";
import { table } from "../table.ts";

const AT_ONCE = 16;
const PAGE = 500;
/** What may be said of one call while others can still be retried. */
const OF_ONE_CALL: readonly string[] = ["CALL_NOT_FOUND", "CALL_NOT_WAITING", "CALL_CONTROL_PENDING", "CONTROL_REFUSED"];

interface Failed { readonly call: CallEntry; readonly result: string }

export function retryAll(invocation: Invocation, note: RetryNote, rate: number | undefined): Promise<number> {
  return withOperator(invocation, async (operator) => {
    const calls = durableCalls(operator, nodeHost(logOf(invocation)));
    const choice = callChoiceOf(invocation.given, operator.groups);
    const done: string[] = [];
    const failed: Failed[] = [];
    const trouble: { unanswered: boolean } = { unanswered: false };
    for (let after = 0; !trouble.unanswered;) {
      const page = await calls.list({ ...choice, after, limit: PAGE });
      await forEachPaced(page, { atOnce: AT_ONCE, perSecond: rate, goOn: () => !trouble.unanswered, onProgress: (count) => {
        invocation.around.err(`${String(done.length + failed.length)} (${String(count)} of this page)\n`);
      } }, async (call) => {
        try {
          await calls.retry(call, note);
          done.push(call.id);
        } catch (error) {
          const { code, message } = reportOf(error);
          // Nobody works on this group, or the database is away: asking for more would not help.
          trouble.unanswered ||= !OF_ONE_CALL.includes(code);
          failed.push({ call, result: `${code}: ${message}` });
        }
      });
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last.sequence;
    }
    const value = {
      retried: done.length, failed: failed.length, complete: !trouble.unanswered,
      results: [...done.map((id) => ({ id, result: "done" })), ...failed.map(({ call, result }) => ({ id: call.id, result }))],
    };
    const rest = trouble.unanswered ? " The rest was left as it is." : "";
    show(invocation, value, `retried ${String(done.length)} of ${String(done.length + failed.length)}.${rest}\n${failures(failed)}`);
    return failed.length === 0 ? 0 : 1;
  });
}

function failures(failed: readonly Failed[]): string {
  if (failed.length === 0) return "";
  return table(failed, [
    { title: "ID", value: ({ call }) => call.id },
    { title: "OPERATION", value: ({ call }) => call.operation },
    { title: "CALL KEY", value: ({ call }) => call.callKey },
    { title: "WHY", value: ({ result }) => result },
  ]);
}
