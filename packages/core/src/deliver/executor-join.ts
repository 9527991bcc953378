// How ends of calls join a commit of the executor machine: the runner of the same service offers them, and their outcomes are decided in the
// commit that removes their calls, behind the messages of the log. What cannot be decided there at once is left to the runner, or appended to
// the log by the same commit. It never lets an outcome overtake a message of its key that this process knows of.
import type { Decision } from "../message/changes.ts";
import type { Envelope } from "../message/envelope.ts";
import type { CallUpdate, CommitResult } from "../spi/store.ts";
import { keyId, type Batch, type Decided, type ExecutorRequest, type ExecutorState, type Join, type Owned } from "./executor-state.ts";

/** A runner offers the ends of its calls. It has one offer at a time. */
export function offered(state: ExecutorState, join: Join, requests: ExecutorRequest[]): ExecutorState {
  const answers = [state.committing, state.decided].some((decided) => decided !== null && answersCallOf(decided, join));
  if (state.joining === null && !answers && fits(state, join)) return { ...state, joining: join };
  return decline(state, join, requests);
}

/** The runner commits it by itself. */
export function decline(state: ExecutorState, join: Join, requests: ExecutorRequest[]): ExecutorState {
  requests.push({ kind: "joinEnded", join: join.id, result: null });
  return state.joining === join ? { ...state, joining: null } : state;
}

/** Gives up an offer that waits, as soon as it could not be kept. */
export function reconsider(state: ExecutorState, requests: ExecutorRequest[]): ExecutorState {
  return state.joining === null || isWelcome(state, state.joining) ? state : decline(state, state.joining, requests);
}

function isWelcome(state: ExecutorState, { fences }: Join): boolean {
  if (state.phase !== "running" || state.unjoined || state.controls !== "none") return false;
  return fences.every(({ partition, epoch }) => {
    const held = state.owned.get(partition);
    return held?.epoch === epoch && !held.leaving && !isSuspect(held);
  });
}

/** Where messages are handled one at a time, so are outcomes: only the log knows after a death which one it was. */
function isSuspect(held: Owned): boolean {
  return held.suspectPending || held.suspectUntil > held.committed;
}

function fits(state: ExecutorState, join: Join): boolean {
  const outcomes = join.updates.flatMap(({ id, outcome }) => outcome !== null && join.direct.has(id) ? [outcome] : []);
  const length = outcomes.reduce((sum, outcome) => sum + outcome.body.length + 256, 0);
  return isWelcome(state, join) && outcomes.length > 0 && outcomes.length <= state.batchLimit && length <= state.settings.maxBatchLength;
}

/** Lets the offer that waits join a batch that is about to be decided, as far as its outcomes can be decided there. */
export function takeJoin(state: ExecutorState, batch: Batch, requests: ExecutorRequest[]): { readonly state: ExecutorState; readonly batch: Batch } {
  const join = state.joining;
  if (join === null) return { state, batch };
  const direct = batch.marked === null ? directOutcomes(state, join) : [];
  if (direct.length === 0) return { state: decline(state, join, requests), batch };
  return { state: { ...state, joining: null }, batch: { ...batch, joined: { join, direct } } };
}

/** Which outcomes stand behind everything of their key that is in the log, as far as this process knows. */
function directOutcomes(state: ExecutorState, { updates, direct }: Join): readonly number[] {
  if (state.reading) return [];
  const behind = new Set(state.queue.map((message) => keyId(message.tenant, message.key)));
  return updates.flatMap(({ id: call, outcome }, index) => {
    if (outcome === null) return [];
    const { tenant, key, partition } = outcome;
    const id = keyId(tenant, key);
    if (direct.has(call) && !behind.has(id) && !state.parked.has(id) && !state.hungry.has(partition) && !state.early.has(partition)) return [index];
    // It goes to the log, and whatever comes after it in its key with it.
    behind.add(id);
    return [];
  });
}

/** The outcomes that are decided with a batch, in order. */
export function outcomesOf({ joined }: Batch): readonly Envelope[] {
  return joined === null ? [] : joined.direct.flatMap((index) => joined.join.updates[index]?.outcome ?? []);
}

/** What of a commit comes of the calls whose ends joined it: the outcomes that came to nothing with it are appended. */
interface JoinedEnds { readonly callUpdates: readonly CallUpdate[]; readonly messages: readonly Envelope[] }

export function joinedEnds({ items, joined }: Batch, decisions: readonly Decision[]): JoinedEnds {
  if (joined === null) return { callUpdates: [], messages: [] };
  const { updates, unrecorded } = joined.join;
  const handled = new Set(joined.direct.filter((_, place) => decisions[items.length + place]?.kind === "changes"));
  const left = updates.map((update, index) => handled.has(index) ? { ...update, outcome: null } : update);
  return {
    callUpdates: left.filter(({ id }) => !unrecorded.has(id)),
    messages: left.flatMap(({ id, outcome }) => unrecorded.has(id) ? outcome ?? [] : []),
  };
}

/** Whether a handler answers for one of these calls: then what becomes of its row hangs on which commit comes first. */
export function answersCallOf({ merged }: Decided, { updates }: Join): boolean {
  return merged.answers.length > 0 && merged.answers.some(({ callId }) => updates.some((update) => update.id === callId));
}

/** Lets a commit that failed go on without what had joined it. */
export function part(done: Decided, requests: ExecutorRequest[], result: CommitResult | null = null): Decided {
  const { joined } = done.batch;
  if (joined === null) return done;
  requests.push({ kind: "joinEnded", join: joined.join.id, result });
  return { ...done, batch: { ...done.batch, joined: null } };
}
