// A table of call rows with fences and a clock that is moved by hand: what the call runner's tests commit to. It keeps no log but the
// outcomes, and is no store: the real ones have their conformance suite.
import type { CallAnswer, CallRecord, NewCall } from "../../message/call.ts";
import type { Envelope } from "../../message/envelope.ts";
import type { OpenCallControl } from "../../spi/call-controls.ts";
import type { Commit, CommitResult, Fence } from "../../spi/store.ts";

interface Row extends Omit<CallRecord, "dueInMs" | "deadlineInMs"> { readonly dueAt: number; readonly deadlineAt: number }

export class RowTable {
  nowMs = 1_000;
  readonly outcomes: Envelope[] = [];
  readonly rows = new Map<string, Row>();
  /** What operators asked, by number, with the end of each. */
  readonly controls = new Map<number, Omit<OpenCallControl, "sequence"> & { readonly end: string | null }>();
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

  /** An operator asks for something; returns the request's number. */
  ask(callId: string, change: Partial<OpenCallControl> & Pick<OpenCallControl, "action">): number {
    const id = this.controls.size + 1;
    const row = this.rows.get(callId);
    const call = { partition: row?.partition ?? 0, operation: row?.operation ?? "card.charge" };
    this.controls.set(id, { id, callId, outcome: null, deadlineMs: null, ...call, ...change, end: null });
    return id;
  }

  readControls(partitions: readonly number[]): OpenCallControl[] {
    return [...this.controls.values()].filter(({ end, partition }) => end === null && partitions.includes(partition))
      .map(({ end: _end, ...control }) => ({ ...control, sequence: this.rows.get(control.callId)?.sequence ?? null }));
  }

  commit(changes: Commit): CommitResult {
    if (changes.fences.some((fence) => this.#epochs.get(fence.partition) !== fence.epoch)) return { kind: "fenced" };
    const ends = changes.callControls ?? [];
    if (ends.some(({ id }) => this.controls.get(id)?.end !== null)) return { kind: "fenced" };
    for (const { id, callId, refused, deadlineMs } of ends) {
      const [control, row] = [this.controls.get(id), this.rows.get(callId)];
      if (control === undefined) continue;
      this.controls.set(id, { ...control, end: refused ?? (row === undefined ? "the call had ended before" : "done") });
      if (row !== undefined && refused === null && deadlineMs !== null) {
        this.rows.set(callId, { ...row, deadlineMs, deadlineAt: this.nowMs + deadlineMs });
      }
    }
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
