// Redriving many dead letters: page by page until there are no more, a bounded number under way at once, and going on after a failure. It
// asks for each key once, so that it ends though letters may fail again. It does not decide anything about a single letter: the owner does.
import { EvenkeelError, isEvenkeelError, type ErrorCode } from "../errors.ts";
import type { Host } from "../spi/host.ts";
import type { ControlEntry, ControlRequest, ParkedEntry, ParkedFilter } from "../spi/store.ts";
import { answers, pause, type OperatorSide } from "./answers.ts";

export interface RedrivenAll {
  readonly done: readonly ControlEntry[];
  /** What could not be asked for, was refused or was not answered, each with why. An unanswered request stays recorded. */
  readonly failed: readonly RedriveFailure[];
  /** Letters that were found and not asked for, because nobody answers for their service or the store went away. */
  readonly left: number;
  /** False when the store went away before every letter was found: there may be more than `left`. */
  readonly complete: boolean;
}

export interface RedriveFailure {
  readonly letter: ParkedEntry;
  /** `CONTROL_REFUSED`, `CONTROL_UNANSWERED`, or what the store threw. */
  readonly code: ErrorCode;
  readonly message: string;
}

interface RedriveAllOptions {
  readonly actor: string;
  readonly note: string;
  /** How long the owners have for each request. */
  readonly withinMs: number;
  readonly perSecond: number | undefined;
  /** Called from time to time with the number of letters that were dealt with. */
  readonly onProgress: (count: number) => void;
}

const PAGE = 1_000;
const AT_ONCE = 100;
/** Slower than this a letter would wait longer than a timer can count. */
const SLOWEST = 0.001;

export async function redriveAll(store: OperatorSide, host: Host, filter: Partial<ParkedFilter>, options: RedriveAllOptions): Promise<RedrivenAll> {
  const { actor, note, withinMs, perSecond, onProgress } = options;
  if (perSecond !== undefined && !(perSecond >= SLOWEST && perSecond < Infinity)) {
    throw new EvenkeelError("CONFIG_INVALID", `perSecond is ${String(perSecond)}: give a number of ${String(SLOWEST)} or more, or leave it out for no pace.`);
  }
  const done: ControlEntry[] = [];
  const failed: RedriveFailure[] = [];
  const seen = new Set<string>();
  /** Services for which nobody answers: asking for more would only wait. */
  const silent = new Set<string>();
  const most = filter.limit ?? Infinity;
  const atOnce = perSecond === undefined ? AT_ONCE : Math.min(AT_ONCE, Math.max(1, Math.floor(perSecond / 10)));
  const began = host.elapsed();
  let asked = 0;
  let left = 0;
  let after = filter.after;

  const fail = (letters: readonly ParkedEntry[], code: RedriveFailure["code"], message: string): void => {
    for (const letter of letters) failed.push({ letter, code, message });
  };

  /** Resolves to whether the store is still there. */
  async function some(letters: readonly ParkedEntry[]): Promise<boolean> {
    if (perSecond !== undefined) await pause(host, began + (asked * 1_000) / perSecond - host.elapsed());
    asked += letters.length;
    try {
      const ids = await store.requestControl(letters.map((letter) => requestOf(letter, actor, note)));
      const entries = await answers(store, host, ids, withinMs);
      const byPlace = new Map(entries.map((entry) => [placeOf(entry), entry]));
      for (const letter of letters) settle(letter, byPlace.get(placeOf(letter)));
    } catch (error) {
      fail(letters, codeOf(error), textOf(error));
      return false;
    }
    onProgress(asked);
    return true;
  }

  function settle(letter: ParkedEntry, entry: ControlEntry | undefined): void {
    if (entry?.doneAt != null && entry.result === "done") { done.push(entry); return; }
    if (entry?.doneAt != null) { fail([letter], "CONTROL_REFUSED", `The owner did not redrive it: ${entry.result ?? "no reason"}.`); return; }
    silent.add(letter.group);
    const within = `within ${String(withinMs)} ms`;
    fail([letter], "CONTROL_UNANSWERED", `No worker of service '${letter.group}' acted on it ${within}: it stays recorded and is done when one runs.`);
  }

  /**
   * The next letters of keys that were not met yet; none when there are no more. Goes on behind the last letter of the page before, so that
   * those that stay where they were are not read again and again. A letter that fails again is parked anew, and met a second time.
   */
  async function page(): Promise<readonly ParkedEntry[]> {
    for (;;) {
      const limit = Math.min(PAGE, most - seen.size);
      const found = await store.listParked({ state: "dead", ...filter, limit, ...(after === undefined ? {} : { after }) });
      const fresh = found.filter((letter) => !seen.has(keyOf(letter)));
      for (const letter of fresh) seen.add(keyOf(letter));
      after = found.at(-1) ?? after;
      if (fresh.length > 0 || found.length === 0) return fresh;
    }
  }

  /** Resolves to whether the store is still there. */
  async function all(letters: readonly ParkedEntry[]): Promise<boolean> {
    for (let open = letters; open.length > 0;) {
      const audible = open.filter((letter) => !silent.has(letter.group));
      left += open.length - audible.length;
      open = audible.slice(atOnce);
      if (audible.length === 0 || await some(audible.slice(0, atOnce))) continue;
      left += open.length;
      return false;
    }
    return true;
  }

  // A first look that fails has done nothing: it rejects.
  for (let letters = await page(); letters.length > 0;) {
    if (!(await all(letters))) return { done, failed, left, complete: false };
    if (seen.size >= most) break;
    try {
      letters = await page();
    } catch {
      return { done, failed, left, complete: false };
    }
  }
  return { done, failed, left, complete: true };
}

function requestOf({ group, partition, tenant, key, position }: ParkedEntry, actor: string, note: string): ControlRequest {
  return { group, partition, tenant, key, position, action: "redrive", body: null, actor, note };
}

function placeOf({ group, partition, position }: { readonly group: string; readonly partition: number; readonly position: number }): string {
  return `${group}/${String(partition)}/${String(position)}`;
}

function keyOf({ group, tenant, key }: ParkedEntry): string {
  return `${group}\u0000${tenant}\u0000${key}`;
}

function codeOf(error: unknown): ErrorCode {
  return isEvenkeelError(error) ? error.code : "INTERNAL";
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
