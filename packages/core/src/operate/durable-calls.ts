// What operators do with calls that need attention: look at them, have them tried again, say what they came to, or give them up. Requests are
// recorded, and the owner of the partition acts on them; nothing of a call is changed from here.
import { resolutionOf } from "../call/resolution.ts";
import type { Operation } from "../decide/port.ts";
import { EvenkeelError } from "../errors.ts";
import type { CallState } from "../message/call.ts";
import type { BodyLimits } from "../message/codec.ts";
import type {
  CallControlAction, CallControlEntry, CallControlOutcome, CallControlReceipt, CallControlStore, CallEntry, CallFilter,
} from "../spi/call-controls.ts";
import type { Host } from "../spi/host.ts";
import type { OperatorNote } from "../operate.ts";

/** Names one call; `CallEntry` fits. */
export interface CallRef { readonly id: string }

export interface CallList extends Omit<CallFilter, "state" | "limit"> {
  /** Default "attention"; "any" lists every live call. */
  readonly state?: CallState | "any";
  /** Default 100. */
  readonly limit?: number;
}

export interface RetryNote extends OperatorNote {
  /** The new deadline in milliseconds from the owner's commit on; default: as long as the call had. */
  readonly deadlineMs?: number;
}

/** `value` is that of the operation's schema; of `notPerformed`, why, as a text. */
export interface CallResolution { readonly kind: string; readonly value?: unknown }

export interface DurableCalls {
  /** Live calls, oldest request first; the next page is `after` the sequence of the last. */
  list(filter?: CallList): Promise<readonly CallEntry[]>;
  /**
   * Gives a call a new deadline. Its provider is asked what became of it, by the key it was requested under; where that key has no effect,
   * and for operations with `reconcile: "repeat"` at once, the call is performed again under the same key.
   *
   * Errors, as of `resolve` and `abandon`: `CALL_NOT_FOUND`, `CALL_NOT_WAITING`, `CALL_CONTROL_PENDING`, `CONTROL_REFUSED`,
   * `CONTROL_UNANSWERED`; also `TIME_INVALID`.
   *
   * @example
   * const [call] = await app.calls.list({ port: "card" });
   * await app.calls.retry(call, { actor: "ann", note: "the bank is back" });
   */
  retry(ref: CallRef, note: RetryNote): Promise<CallControlEntry>;
  /**
   * Ends a call with an outcome that a person found out: `ok`, a declared failure or `notPerformed`. The service hears it as it hears the
   * runner's; what the provider answers later is ignored.
   *
   * Errors: also `DATA_INVALID`, `DATA_NOT_JSON`, `DATA_TOO_LARGE` for an outcome that the operation does not declare so.
   *
   * @example await app.calls.resolve(call, { kind: "ok", value: { chargeId: "ch-81" } }, { actor: "ann", note: "seen in the bank's portal" });
   */
  resolve(ref: CallRef, outcome: CallResolution, note: OperatorNote): Promise<CallControlEntry>;
  /** Ends a call without an outcome: the service hears nothing more of it, and later calls of its routing key go, where they have waited. */
  abandon(ref: CallRef, note: OperatorNote): Promise<CallControlEntry>;
  /** What operators asked for and what became of it, newest first; default limit 100. */
  audit(filter?: { readonly callId?: string; readonly limit?: number }): Promise<readonly CallControlEntry[]>;
}

const LOOK_MS = 25;
const WITHIN_MS = 10_000;
const MOST_MS = 366 * 24 * 3_600_000;

interface Door {
  /** What outcomes are held to. Calls of other operations are held to their owner's definitions alone. */
  readonly operations: readonly Operation[];
  readonly limits: BodyLimits;
}

/** The part of a store that it needs: a tool beside the application may have no more than this. */
type CallSide = Pick<CallControlStore, "listCalls" | "requestCallControl" | "callControls">;

/**
 * @param door absent in a tool without the application's definitions: then its owner alone judges an outcome.
 */
export function durableCalls(store: CallSide, host: Host, door?: Door): DurableCalls {
  async function act(
    { id: callId }: CallRef, action: CallControlAction, note: RetryNote, outcome: CallControlOutcome | null = null,
  ): Promise<CallControlEntry> {
    const deadlineMs = checkDeadline(note.deadlineMs);
    const receipt = await store.requestCallControl({ callId, action, outcome, deadlineMs, actor: note.actor, note: note.note ?? "" });
    if (receipt.kind !== "recorded") throw refusal(callId, receipt);
    return answer(receipt.id, note.withinMs ?? WITHIN_MS);
  }

  async function answer(id: number, withinMs: number): Promise<CallControlEntry> {
    const deadline = host.elapsed() + withinMs;
    for (;;) {
      const [entry] = await store.callControls({ ids: [id], limit: 1 });
      if (entry?.doneAt != null) {
        if (entry.result === "done") return entry;
        const what = `The owner refused to ${entry.action} the call ${entry.callId} of '${entry.operation}'`;
        throw new EvenkeelError("CONTROL_REFUSED", `${what}: ${entry.result ?? ""}. List the calls again.`, { details: { ...entry } });
      }
      if (host.elapsed() >= deadline) {
        const who = `No worker of group '${entry?.group ?? ""}' acted on request ${String(id)} within ${String(withinMs)} ms`;
        throw new EvenkeelError("CONTROL_UNANSWERED", `${who}: it stays recorded and is done when a worker runs.`, { details: { id } });
      }
      await new Promise<void>((resolve) => { host.after(LOOK_MS, resolve); });
    }
  }

  /** Without definitions of the operation, the owner judges. */
  async function outcomeOf({ id }: CallRef, { kind, value }: CallResolution): Promise<CallControlOutcome> {
    const [call] = await store.listCalls({ id, limit: 1 });
    if (call === undefined) throw refusal(id, { kind: "unknown" });
    const operation = door?.operations.find((one) => one.name === call.operation);
    if (door !== undefined && operation !== undefined) return resolutionOf(operation, kind, value, door.limits);
    const json: unknown = JSON.stringify(value ?? null);
    if (typeof json === "string") return { name: kind, value: json };
    throw new EvenkeelError("DATA_NOT_JSON", "The outcome's value cannot be written as JSON.");
  }

  return {
    list: ({ state = "attention", limit = 100, ...filter } = {}) => store.listCalls({ ...filter, limit, ...(state === "any" ? {} : { state }) }),
    retry: (ref, note) => act(ref, "retry", note),
    resolve: async (ref, outcome, { actor, note, withinMs }) => {
      const stored = await outcomeOf(ref, outcome);
      return act(ref, "resolve", { actor, ...(note === undefined ? {} : { note }), ...(withinMs === undefined ? {} : { withinMs }) }, stored);
    },
    abandon: (ref, { actor, note, withinMs }) =>
      act(ref, "abandon", { actor, ...(note === undefined ? {} : { note }), ...(withinMs === undefined ? {} : { withinMs }) }),
    audit: ({ callId, limit = 100 } = {}) => store.callControls({ limit, ...(callId === undefined ? {} : { callId }) }),
  };
}

function checkDeadline(deadlineMs: number | undefined): number | null {
  if (deadlineMs === undefined) return null;
  if (Number.isFinite(deadlineMs) && deadlineMs > 0 && deadlineMs <= MOST_MS) return deadlineMs;
  throw new EvenkeelError("TIME_INVALID", `The new deadline is ${String(deadlineMs)} ms: give more than 0 and at most ${String(MOST_MS)} ms.`);
}

function refusal(id: string, receipt: Exclude<CallControlReceipt, { kind: "recorded" }>): EvenkeelError {
  switch (receipt.kind) {
    case "unknown":
      return new EvenkeelError("CALL_NOT_FOUND", `There is no live call ${id}: it has ended, or the id is another's. List the calls again.`, { details: { id } });
    case "notWaiting": {
      const message = `Call ${id} is '${receipt.state}' and needs no attention: act on it once its deadline has passed with its end unknown.`;
      return new EvenkeelError("CALL_NOT_WAITING", message, { details: { id, state: receipt.state } });
    }
    case "pending": {
      const message = `Request ${String(receipt.id)} of ${receipt.actor} (${receipt.action}) about call ${id} waits for its owner: look at what becomes of that one.`;
      return new EvenkeelError("CALL_CONTROL_PENDING", message, { details: { id, request: receipt.id, action: receipt.action, actor: receipt.actor } });
    }
  }
}
