// The oracle of the random case: what a store should hold, in the plainest possible form. It knows one group and never sees the store.
import type { Commit, CommitResult, Message, ParkedRef, ParkStatus, PublishCall } from "@evenkeel/core/spi";

interface ModelLease { worker: string | null; epoch: number; position: number }

interface Verdict {
  readonly kind: CommitResult["kind"];
  readonly joined: readonly string[];
  readonly appended: readonly string[];
}

interface ModelRow { readonly message: Message; attempts: number; due: "now" | "later" | "dead" }

export class Model {
  readonly leases: readonly ModelLease[];
  readonly log: Message[] = [];
  readonly documents = new Map<string, { version: number; body: string | null }>();
  calls: { readonly id: string; readonly callKey: string; readonly input: string }[] = [];
  /** Sorted by position. */
  rows: ModelRow[] = [];
  readonly timers = new Map<string, { readonly messageId: string; readonly due: boolean }>();
  readonly #doors = new Map<string, string>();

  constructor(partitions: number) {
    this.leases = Array.from({ length: partitions }, () => ({ worker: null, epoch: 0, position: 0 }));
  }

  lease(partition: number): ModelLease {
    const lease = this.leases[partition];
    if (lease === undefined) throw new Error(`The model has no partition ${String(partition)}.`);
    return lease;
  }

  version(key: string): number {
    return this.documents.get(key)?.version ?? 0;
  }

  rowsOf(key: string): readonly ModelRow[] {
    return this.rows.filter((row) => row.message.key === key);
  }

  heads(): readonly ModelRow[] {
    return this.rows.filter((row) => this.rowsOf(row.message.key)[0] === row);
  }

  publish(call: PublishCall): "published" | "repeated" | "conflict" {
    const digest = this.#doors.get(call.doorKey);
    if (digest !== undefined) return digest === call.digest ? "repeated" : "conflict";
    this.#doors.set(call.doorKey, call.digest);
    return "published";
  }

  /** What must become of a commit; the ids of what it appends, if it succeeds. */
  commit(commit: Commit): Verdict {
    const nothing = { joined: [], appended: [] };
    const held = commit.fences.every(({ partition, epoch }) => {
      const lease = this.lease(partition);
      return lease.worker === commit.worker && lease.epoch === epoch;
    });
    const follows = commit.progress.every(({ partition, from }) => this.lease(partition).position === from);
    const there = [...commit.unpark, ...commit.retries].every((ref) => this.#row(ref) !== undefined);
    if (!held || !follows || !there) return { kind: "fenced", ...nothing };
    const stale = commit.documents.some(({ key, version }) => version !== null && version !== this.version(key));
    if (stale) return { kind: "conflict", ...nothing };
    const live = (callKey: string) => this.calls.find((call) => call.callKey === callKey);
    if (commit.calls.some((call) => (live(call.callKey)?.input ?? call.input) !== call.input)) return { kind: "refused", ...nothing };
    const joined = commit.calls.filter((call) => live(call.callKey) !== undefined).map((call) => call.id);
    this.calls.push(...commit.calls.filter((call) => !joined.includes(call.id)));
    return { kind: "committed", joined, appended: this.#apply(commit) };
  }

  #apply(commit: Commit): readonly string[] {
    const appended = commit.messages.map((message) => message.id);
    for (const { partition, to } of commit.progress) this.lease(partition).position = to;
    for (const { key, write } of commit.documents) {
      if (write.kind === "keep") continue;
      this.documents.set(key, { version: this.version(key) + 1, body: write.kind === "put" ? write.body : null });
    }
    for (const { id, outcome } of commit.callUpdates) {
      if (outcome !== null && this.calls.some((call) => call.id === id)) appended.push(outcome.id);
      this.calls = this.calls.filter((call) => call.id !== id);
    }
    for (const { name, message, when } of commit.timers) {
      this.timers.set(name, { messageId: message.id, due: when.kind === "after" && when.delayMs === 0 });
    }
    for (const { name } of commit.cancelledTimers) this.timers.delete(name);
    for (const { message } of commit.firedTimers) {
      for (const [name, timer] of this.timers) {
        if (timer.messageId !== message.id) continue;
        this.timers.delete(name);
        appended.push(message.id);
      }
    }
    for (const { message, head } of commit.park) {
      this.rows.push({ message, attempts: head?.attempts ?? 0, due: head === null ? "now" : dueOf(head) });
    }
    const gone = new Set(commit.unpark.map((ref) => this.#row(ref)));
    this.rows = this.rows.filter((row) => !gone.has(row)).sort((a, b) => a.message.position - b.message.position);
    for (const retry of commit.retries) {
      const row = this.#row(retry);
      if (row !== undefined) Object.assign(row, { attempts: retry.status.attempts, due: dueOf(retry.status) });
    }
    return appended;
  }

  #row(ref: ParkedRef): ModelRow | undefined {
    return this.rows.find((row) => row.message.key === ref.key && row.message.position === ref.position);
  }
}

function dueOf(status: ParkStatus): ModelRow["due"] {
  return status.retryInMs === null ? "dead" : status.retryInMs === 0 ? "now" : "later";
}
