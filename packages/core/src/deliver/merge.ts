// merge: the decisions of a batch as the parts of one commit. Each touched document is written once, with the version that the first
// message to touch it saw; what must be traced back to a message keeps its index.
import type { Decision, DocumentChange, RevivalChange } from "../message/changes.ts";
import type { Commit } from "../spi/store.ts";

export type MergedChanges = Pick<Commit, "documents" | "messages" | "calls" | "timers" | "cancelledTimers" | "sql"> & {
  readonly answers: readonly { readonly callId: string; readonly answer: "reconcile" | "abandon" }[];
  /** For each call and each SQL run: the index of the message that decided it. */
  readonly callOwners: readonly number[];
  readonly sqlOwners: readonly number[];
  /** Calls that the commit does not write. */
  readonly unrecorded: Commit["calls"];
  readonly revivals: readonly RevivalChange[];
};

export function merge(decisions: readonly Decision[]): MergedChanges {
  const documents = new Map<string, DocumentChange>();
  const messages: Commit["messages"][number][] = [];
  const calls: Commit["calls"][number][] = [];
  // What a batch does last to a named timer is what counts: a commit holds a name once, set or cancelled.
  const timers = new Map<string, Commit["timers"][number]>();
  const cancelledTimers = new Map<string, Commit["cancelledTimers"][number]>();
  const sql: Commit["sql"][number][] = [];
  const answers: MergedChanges["answers"][number][] = [];
  const callOwners: number[] = [];
  const sqlOwners: number[] = [];
  const unrecorded: Commit["calls"][number][] = [];
  const revivals = new Map<string, RevivalChange>();
  decisions.forEach((decision, index) => {
    if (decision.kind !== "changes") return;
    const { changes } = decision;
    for (const change of changes.documents) {
      const { id } = change;
      const first = documents.get(id);
      if (first === undefined) documents.set(id, change);
      else if (change.write.kind !== "keep") documents.set(id, { ...first, write: change.write });
    }
    for (const message of changes.messages) messages.push(message);
    for (const call of changes.calls) {
      calls.push(call);
      callOwners.push(index);
    }
    for (const timer of changes.cancelledTimers) {
      const id = timerId(timer.tenant, timer);
      timers.delete(id);
      cancelledTimers.set(id, timer);
    }
    for (const timer of changes.timers) {
      const id = timerId(timer.message.tenant, timer);
      cancelledTimers.delete(id);
      timers.set(id, timer);
    }
    for (const run of changes.sql) {
      sql.push(run);
      sqlOwners.push(index);
    }
    for (const answer of changes.answers) answers.push(answer);
    for (const call of changes.unrecorded ?? []) unrecorded.push(call);
    for (const revival of changes.revivals ?? []) revivals.set(`${revival.tenant}\u0000${revival.key}`, revival);
  });
  return {
    documents: [...documents.values()],
    messages,
    calls,
    timers: [...timers.values()],
    cancelledTimers: [...cancelledTimers.values()],
    sql,
    answers,
    callOwners,
    sqlOwners,
    unrecorded,
    revivals: [...revivals.values()],
  };
}

function timerId(tenant: string, timer: { readonly group: string; readonly routingKey: string; readonly name: string }): string {
  return `${timer.group}\u0000${tenant}\u0000${timer.routingKey}\u0000${timer.name}`;
}
