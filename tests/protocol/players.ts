// Who plays a transaction of the model on the server: a store of its own, with the shipping call that the transaction stands for; after which step it
// is to be stopped where; and what it must have been answered.
import { randomUUID } from "node:crypto";
import type { Commit, CommitResult, Envelope, Grant, PublishResult, Store } from "@evenkeel/core/spi";
import type { LockState, Step, Transaction } from "../../packages/checker/src/protocol/locks/lock-state.ts";

export const GROUP = "toy";
const NAME = "toy.happened";

type Answer =
  | { readonly kind: "commit"; readonly result: CommitResult }
  | { readonly kind: "acquire"; readonly grants: readonly Grant[] }
  | { readonly kind: "publish"; readonly result: PublishResult | undefined };

/** By step: the turnstile at which it is stopped when the step is done. Two are about each lock, one before and one behind it. */
export function stopsOf({ steps }: Transaction): number[] {
  let next = 0;
  const stop = (passes: number): number => { next += passes; return next - 1; };
  const isPublishOfMany = steps.some((step) => step.do === "knock");
  const fences = new Set(steps.flatMap((step) => step.do === "lock" && step.lock.startsWith("fence") ? [step.lock] : [])).size;
  return steps.map((step) => {
    switch (step.do) {
      // Before the first lock, which is counted there.
      case "knock": return next;
      case "share":
      case "lock": return stop(2);
      // One more where the rows of the door are counted.
      case "door": return stop(isPublishOfMany ? 2 : 1);
      // One for each lease.
      case "raise": return stop(Math.max(1, fences));
      case "compare": case "progress": case "read progress": case "look": case "draw": return stop(1);
      case "commit": case "release": return -1;
    }
  });
}

function envelopeOf(by: string, partition: number, correlationId: string): Envelope {
  return { id: randomUUID(), name: NAME, version: 1, tenant: "default", key: by, partition, body: "{}", causationId: null, correlationId, trace: null, occurredAt: 0 };
}

function find<K extends Step["do"]>({ steps }: Transaction, kind: K): Extract<Step, { do: K }> | undefined {
  return steps.find((step): step is Extract<Step, { do: K }> => step.do === kind);
}

/** Begins what the transaction stands for. Its messages have its name as their key. */
export async function begin(store: Store, one: Transaction, state: LockState): Promise<Answer> {
  const messages = (find(one, "draw")?.partitions ?? []).map((partition) => envelopeOf(one.name, partition, randomUUID()));
  const compare = find(one, "compare");
  const progress = find(one, "progress");
  if (compare !== undefined) {
    const from = progress?.from === "read" ? state.read ?? 0 : progress?.from ?? 0;
    const fences = one.steps.flatMap((step) => step.do === "share" ? [{ partition: Number(step.lock.split(" ")[1]), epoch: compare.epoch }] : []);
    const changes: Commit = {
      group: GROUP, worker: one.after ?? one.name, fences, progress: progress === undefined ? [] : [{ partition: 0, from, to: from + 1 }], messages,
      documents: [], calls: [], callUpdates: [], timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [],
    };
    return { kind: "commit", result: await store.commit(changes) };
  }
  if (find(one, "read progress") !== undefined) {
    const fences = one.steps.flatMap((step) => step.do === "lock" ? [Number(step.lock.split(" ")[1])] : []);
    return { kind: "acquire", grants: await store.acquire({ worker: one.name, group: GROUP, partitions: fences.length === 0 ? [0] : fences }) };
  }
  const doorKey = find(one, "door")?.key ?? one.name;
  return { kind: "publish", result: (await store.publish([{ tenant: "default", doorKey, digest: "d", messages, timers: [] }]))[0] };
}

/** What the answer says, and what it must say by the model. */
export function told(one: Transaction, answer: Answer): string {
  switch (answer.kind) {
    case "commit": return answer.result.kind === "committed" ? `committed ${afters(answer.result.handovers)}` : answer.result.kind;
    case "acquire": return answer.grants.map(({ partition, epoch, position }) => `${String(partition)} in epoch ${String(epoch)} from ${String(position)}`).join();
    case "publish": return answer.result?.kind === "published" ? `published ${afters(answer.result.handovers)}` : answer.result?.kind ?? `${one.name}: nothing`;
  }
}

function afters(handovers: Extract<CommitResult, { kind: "committed" }>["handovers"]): string {
  return handovers.map(({ after, messages }) => `${String(messages[0]?.partition)} after ${String(after)}: ${messages.map(({ position }) => position).join()}`).sort().join("; ");
}

export function mustBeTold(one: Transaction, state: LockState): string {
  const isCommitted = state.end[one.name] === "committed";
  if (find(one, "read progress") !== undefined) {
    const fences = one.steps.flatMap((step) => step.do === "lock" ? [Number(step.lock.split(" ")[1])] : []);
    return !isCommitted ? "" : fences.map((partition) => `${String(partition)} in epoch 2 from ${String(partition === 0 ? state.read ?? 0 : 0)}`).join();
  }
  const before = state.before[one.name] ?? {};
  const handed = Object.entries(before).map(([partition, after]) => {
    const rows = state.rows.filter((row) => row.by === one.name && String(row.partition) === partition);
    return `${partition} after ${String(after)}: ${rows.map(({ position }) => position).join()}`;
  }).sort().join("; ");
  if (find(one, "compare") !== undefined) return isCommitted ? `committed ${handed}` : "fenced";
  return isCommitted ? `published ${handed}` : "repeated";
}
