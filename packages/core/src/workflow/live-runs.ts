// Runs whose function still stands in memory where it stopped, so that what comes next need not replay it. A run is known by its document's text:
// where that is another one, by another process, or since what was decided was never committed, the run is replayed from the journal.
import type { Run } from "./run.ts";

/** Runs that wait for a call take little, and not for long. */
const MOST = 2_000;
/** Of the texts of their documents, in characters: as much as of documents is kept by default. */
const MOST_LENGTH = 16_000_000;
/** What is not deterministic is to be found while its code is new, and not after a crash: the first are replayed all the same, and some later. */
const REPLAY_FIRST = 64;
const REPLAY_EVERY = 16;

interface Live<R> { readonly body: string; readonly run: R }

export class LiveRuns<R> {
  readonly #runs = new Map<string, Live<R>>();
  #length = 0;
  #taken = 0;

  /** The run that has come to stand exactly there; nobody else is given it. */
  take(tenant: string, id: string, body: string): R | null {
    const live = this.#forget(keyOf(tenant, id));
    if (live?.body !== body) return null;
    this.#taken++;
    return this.#taken <= REPLAY_FIRST || this.#taken % REPLAY_EVERY === 0 ? null : live.run;
  }

  keep(tenant: string, id: string, body: string, run: R): void {
    const key = keyOf(tenant, id);
    this.#forget(key);
    this.#runs.set(key, { body, run });
    this.#length += body.length;
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= MOST && this.#length <= MOST_LENGTH) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): Live<R> | undefined {
    const live = this.#runs.get(key);
    if (live === undefined) return undefined;
    this.#runs.delete(key);
    this.#length -= live.body.length;
    return live;
  }
}

const byMemory = new WeakMap<object, LiveRuns<Run>>();

/** Those that live beside a process's memory of a service's documents. */
export function liveRunsOf(memory: object): LiveRuns<Run> {
  let live = byMemory.get(memory);
  if (live === undefined) {
    live = new LiveRuns<Run>();
    byMemory.set(memory, live);
  }
  return live;
}

function keyOf(tenant: string, id: string): string {
  return `${tenant}\u0000${id}`;
}
