// The toy handler of keys whose calls begin without a row: what each message does to the key's document, as a workflow's journal has it. The first
// message requests a call, or two at once; its outcome counts once, and the next call is requested; a revival has it requested anew, with a row. It
// tells what its commit is to hold, and takes no part in it.
import type { Changes, Decision, DocumentChange, Envelope } from "@evenkeel/core/spi";
import type { Effect } from "../executor/decisions.ts";
import { callOf, effectOf, nameOf, NOTHING, outcomeOf, reviveOf, type JoinScope, type JoinWorld } from "../join/world.ts";
import { bodyOf, ENTITY, entriesOf, isOpen, storedOf, type Entry } from "./document.ts";

interface Handling {
  readonly scope: JoinScope;
  readonly world: JoinWorld;
  /** The ownership of its key that the batch rests on. */
  readonly epoch: number;
  /** What the commit under way writes: the batch is decided on top of it. */
  readonly pending: readonly DocumentChange[];
  /** Of the batch, so far. */
  readonly before: readonly Decision[];
  /** What was to take effect before, as far as the process knew. */
  readonly knew: readonly string[];
  readonly comparesEpochs: boolean;
}

interface Outcome extends Partial<Pick<Changes, "calls" | "answers" | "unrecorded">> {
  readonly kind: string;
  readonly entries: readonly Entry[];
}

/** A row takes another id than the call that was begun without one, and the same key. */
function rowOf(call: string): string {
  return `${call}'`;
}

export function keyOfCall(id: string): string {
  return id.replace("'", "");
}

export function handle(at: Handling, message: Envelope): Effect {
  const { version, entries } = documentAt(at, message.key);
  const { kind, entries: next, ...requested } = outcomeOfRun(at, message, entries);
  const { tenant, key, partition } = message;
  const isToRevive = next.some(isOpen);
  const changes: Changes = {
    ...NOTHING, messages: [effectOf(at.scope, message, kind, at.knew)], ...requested,
    documents: [{ id: key, entity: ENTITY, tenant, key, version, write: { kind: "put", body: bodyOf(next) } }],
    ...(isToRevive === entries.some(isOpen) ? {} : { revivals: [{ partition, tenant, key, on: isToRevive }] }),
  };
  return { decision: { kind: "changes", changes }, words: `${nameOf(message)}: ${kind}` };
}

function documentAt({ world, pending, before }: Handling, key: string): { readonly version: number; readonly entries: readonly Entry[] } {
  const own = before.flatMap((one) => one.kind === "changes" ? one.changes.documents : []).findLast((one) => one.key === key);
  if (own?.write.kind === "put") return { version: own.version ?? 0, entries: entriesOf(own.write.body) };
  const under = pending.find((one) => one.key === key);
  if (under?.write.kind === "put") return { version: (under.version ?? 0) + 1, entries: entriesOf(under.write.body) };
  return storedOf(world.store, key);
}

function outcomeOfRun(at: Handling, message: Envelope, entries: readonly Entry[]): Outcome {
  const outcome = outcomeOf(message);
  if (outcome !== null) return outcomeCame(at, message, entries, outcome);
  if (reviveOf(message) !== null) return revived(at, message, entries);
  const first = at.world.unrecorded?.first[message.id];
  return first === undefined ? { kind: "message", entries } : { kind: "message", ...requested(at, message, entries, first) };
}

function requested({ epoch, scope }: Handling, message: Envelope, entries: readonly Entry[], calls: readonly string[]): Omit<Outcome, "kind"> {
  return {
    entries: [...entries, ...calls.map((call): Entry => ({ call, epoch, state: "open" }))], unrecorded: calls.map((call) => callOf(call, message, scope)),
  };
}

function outcomeCame(
  at: Handling, message: Envelope, entries: readonly Entry[], { kind, call }: { readonly kind: string; readonly call: string },
): Outcome {
  const key = keyOfCall(call);
  const entry = entries.find((one) => one.call === key);
  if (entry === undefined || entry.state === "over") return { kind: "stray", entries };
  if (kind === "unknown") return { kind: "reconcile", entries, answers: [{ callId: call, answer: "reconcile" }] };
  const settled = entries.map((one): Entry => one === entry ? { ...one, state: "over" } : one);
  // An attempt that is under way yet may have its effect later: then nothing can be said for certain.
  const truth = (kind === "ok") === at.world.applied.includes(key) ? kind : `${kind} untrue`;
  const next = at.world.unrecorded?.next[key];
  return next === undefined ? { kind: truth, entries: settled } : { kind: truth, ...requested(at, message, settled, [next]) };
}

function revived({ scope, comparesEpochs }: Handling, message: Envelope, entries: readonly Entry[]): Outcome {
  const revive = reviveOf(message);
  const isMeant = (one: Entry): boolean => isOpen(one)
    && (revive?.kind === "call" ? one.call === revive.call : revive !== null && (one.epoch < revive.before || !comparesEpochs));
  const meant = entries.filter(isMeant);
  // What is left until its deadline goes with a call; what an owner that is gone knew of it is lost.
  const { state, attempts, dueInMs, ...rest } = revive?.kind === "call" ? revive : { state: "asking", attempts: 0, dueInMs: 0 } as const;
  const begun = { state, attempts, dueInMs, ...("deadlineInMs" in rest ? { deadlineInMs: rest.deadlineInMs } : {}) };
  return {
    kind: meant.length === 0 ? "nothing to revive" : "revived",
    entries: entries.map((one) => meant.includes(one) ? { ...one, state: "row" } : one),
    calls: meant.map(({ call }) => ({ ...callOf(rowOf(call), message, scope, call), begun })),
  };
}
