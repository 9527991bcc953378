// What operators do: look at dead letters, release, edit or skip them, and read the audit trail. Requests are recorded; the owner of the
// partition acts on them, so the order of a key holds whatever an operator does.
import { EvenkeelError } from "./errors.ts";
import { answers, type OperatorSide } from "./operate/answers.ts";
import { redriveAll, type RedrivenAll } from "./operate/redrive-all.ts";
import type { Host } from "./spi/host.ts";
import type { ControlEntry, ControlRequest, GroupSummary, ParkedEntry, ParkedFilter } from "./spi/store.ts";

/** Names one dead letter; `ParkedEntry` fits. */
export interface DeadLetterRef {
  readonly group: string;
  readonly partition: number;
  readonly tenant: string;
  readonly key: string;
  readonly position: number;
}

export interface OperatorNote {
  /** Who does it, for the audit trail. */
  readonly actor: string;
  readonly note?: string;
  /** How long to wait for the owner, default 10,000 ms. */
  readonly withinMs?: number;
}

interface RedrivePace {
  /** At most so many a second, 0.001 or more; without it, up to 100 are under way at once. */
  readonly perSecond?: number;
  /** Called from time to time with the number of letters that were dealt with. */
  readonly onProgress?: (count: number) => void;
}

export interface DeadLetters {
  /**
   * Dead letters, oldest first; default limit 100. Fewer come back where their bodies reach `maxLength` (16,000,000 characters): hand the last
   * entry to the next call as `after`, until a call returns none. With `state: "waiting"` the heads that will be retried by themselves.
   */
  list(filter?: Partial<ParkedFilter>): Promise<readonly ParkedEntry[]>;
  /** Runs a dead letter, and then everything that queues behind it, in order. Doing it twice is harmless. */
  redrive(ref: DeadLetterRef, note: OperatorNote): Promise<ControlEntry>;
  /**
   * Redrives all that fit, oldest first, until there are no more; `limit` bounds how many, and there is no limit unless it is given. Each key
   * once: what fails again, or behind, waits for the next call. A failure does not end it: it is told with its letter. Where nobody answers
   * for a service, the rest of that service's letters are left as they are. Rejects only when the first look at the letters fails, and
   * with `CONFIG_INVALID` when `perSecond` is no pace.
   *
   * @example
   * const { done, failed } = await app.deadLetters.redriveAll({ group: "payments" }, { actor: "ann", note: "bank is back" });
   */
  redriveAll(filter: Partial<ParkedFilter>, note: OperatorNote & RedrivePace): Promise<RedrivenAll>;
  /** Stores replacement data beside the original; position, id and business keys stay. Does not redrive. */
  edit(ref: DeadLetterRef, data: unknown, note: OperatorNote): Promise<ControlEntry>;
  /** Drops a dead letter for good; what queues behind it runs. */
  skip(ref: DeadLetterRef, note: OperatorNote): Promise<ControlEntry>;
  /** What operators asked for and what became of it, newest first. */
  audit(limit?: number): Promise<readonly ControlEntry[]>;
  summary(): Promise<readonly GroupSummary[]>;
}

const WITHIN_MS = 10_000;

export function deadLetters(store: OperatorSide, host: Host): DeadLetters {
  async function act(ref: DeadLetterRef, action: ControlRequest["action"], body: string | null, note: OperatorNote): Promise<ControlEntry> {
    const [entry] = await store.listParked({ group: ref.group, tenant: ref.tenant, key: ref.key, limit: 1 });
    if (entry?.position !== ref.position) {
      throw new EvenkeelError(
        "DEAD_LETTER_UNKNOWN",
        `Group '${ref.group}' has no parked message at position ${String(ref.position)} of key '${ref.key}' (tenant '${ref.tenant}'): list the dead letters again.`,
        { details: { ...ref } },
      );
    }
    const [id] = await store.requestControl([
      {
        group: ref.group,
        partition: entry.partition,
        tenant: ref.tenant,
        key: ref.key,
        position: ref.position,
        action,
        body,
        actor: note.actor,
        note: note.note ?? "",
      },
    ]);
    if (id === undefined) throw new EvenkeelError("INTERNAL", "The store recorded no control row.");
    return answer(id, note.withinMs ?? WITHIN_MS);
  }

  async function answer(id: number, withinMs: number): Promise<ControlEntry> {
    const [entry] = await answers(store, host, [id], withinMs);
    if (entry?.doneAt != null) return entry;
    throw new EvenkeelError(
      "CONTROL_UNANSWERED",
      `No worker of group '${entry?.group ?? ""}' acted on request ${String(id)} within ${String(withinMs)} ms: it stays recorded and is done when a worker runs.`,
      { details: { id } },
    );
  }

  return {
    list: (filter = {}) => store.listParked({ state: "dead", limit: 100, ...filter }),
    redrive: (ref, note) => act(ref, "redrive", null, note),
    redriveAll: (filter, note) => redriveAll(store, host, filter, {
      actor: note.actor, note: note.note ?? "", withinMs: note.withinMs ?? WITHIN_MS, perSecond: note.perSecond, onProgress: note.onProgress ?? (() => undefined),
    }),
    edit: (ref, data, note) => {
      const body: unknown = JSON.stringify(data);
      if (typeof body !== "string") return Promise.reject(new EvenkeelError("DATA_NOT_JSON", "The replacement data cannot be written as JSON."));
      return act(ref, "edit", body, note);
    },
    skip: (ref, note) => act(ref, "skip", null, note),
    audit: (limit = 100) => store.controls({ limit }),
    summary: () => store.summary(),
  };
}
