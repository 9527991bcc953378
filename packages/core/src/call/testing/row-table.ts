// A table of call rows with fences and a clock that is moved by hand: what the call runner's tests commit to. It keeps no log but the
// outcomes, and is no store: the real ones have their conformance suite.
import type { CallAnswer, CallRecord, NewCall } from "../../message/call.ts";
import type { Envelope } from "../../message/envelope.ts";
import type { Commit, CommitResult, Fence } from "../../spi/store.ts";

interface Row extends Omit<CallRecord, "dueInMs" | "deadlineInMs"> { readonly dueAt: number; readonly deadlineAt: number }

export class RowTable {
  nowMs = 1_000;
  readonly outcomes: Envelope[] = [];
  readonly rows = new Map<string, Row>();
  readonly #epochs = new Map<number, number>();
  #sequence = 0;

  insert(call: Partial<NewCall> & { readonly id: string }): void {
    const defaults: Omit<NewCall, "id"> = {
      tenant: "main", routingKey: call.id, partition: 0, operation: "card.charge", callKey: `${call.id}/charge`, input: `{"pence":1}`,
      causationId: `cause of ${call.id}`, correlationId: "correlation", trace: null, deadlineMs: 60_000,
    };
    const row = { ...defaults, ...call, sequence: ++this.#sequence, state: "due" as const, attempts: 0, dueAt: this.nowMs };
    this.rows.set(call.id, { ...row, deadlineAt: this.nowMs + row.deadlineMs });
  }

  /** Gives the partitions to a new owner: what an owner before commits from now on is fenced. */
  acquire(partitions: readonly number[]): Fence[] {
    return partitions.map((partition) => {
      const epoch = (this.#epochs.get(partition) ?? 0) + 1;
      this.#epochs.set(partition, epoch);
      return { partition, epoch };
    });
  }

  read(request: { readonly partitions: readonly number[]; readonly after: number; readonly limit: number }): CallRecord[] {
    const live = [...this.rows.values()].filter((row) => request.partitions.includes(row.partition) && row.sequence > request.after);
    return live.sort((a, b) => a.sequence - b.sequence).slice(0, request.limit).map(({ dueAt, deadlineAt, ...row }) => ({
      ...row, dueInMs: Math.max(0, dueAt - this.nowMs), deadlineInMs: deadlineAt - this.nowMs,
    }));
  }

  commit(changes: Commit): CommitResult {
    if (changes.fences.some((fence) => this.#epochs.get(fence.partition) !== fence.epoch)) return { kind: "fenced" };
    for (const { id, change, outcome } of changes.callUpdates) {
      const row = this.rows.get(id);
      if (row === undefined) continue;
      if (!changes.fences.some((fence) => fence.partition === row.partition)) throw new Error(`${id} was committed without its fence`);
      if (change.kind === "remove") this.rows.delete(id);
      else this.rows.set(id, { ...row, state: change.state, attempts: change.attempts, dueAt: this.nowMs + change.dueInMs });
      if (outcome !== null) this.outcomes.push(outcome);
    }
    return { kind: "committed", joinedCalls: [], handovers: [] };
  }

  /** What the service's own commit does with an answer. */
  answer(id: string, answer: CallAnswer["answer"]): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    if (answer === "abandon") this.rows.delete(id);
    else this.rows.set(id, { ...row, state: "asking", attempts: 0, dueAt: this.nowMs });
  }
}
