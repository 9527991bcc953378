// Runs whose function still stands in memory where it stopped, so that what comes next need not replay it. A run is known by its document's text:
// where that is another one, by another process, or since what was decided was never committed, the run is replayed from the journal.
import type { Run } from "./run.ts";

/** Runs that wait for a call take little, and not for long. */
const MOST = 2_000;
/** What is not deterministic is to be found while its code is new, and not after a crash: the first are replayed all the same, and some later. */
const REPLAY_FIRST = 64;
const REPLAY_EVERY = 16;

class LiveRuns {
  readonly #runs = new Map<string, { readonly body: string; readonly run: Run }>();
  #taken = 0;

  /** The run that has come to stand exactly there; nobody else is given it. */
  take(tenant: string, id: string, body: string): Run | null {
    const key = keyOf(tenant, id);
    const live = this.#runs.get(key);
    if (live === undefined) return null;
    this.#runs.delete(key);
    if (live.body !== body) return null;
    this.#taken++;
    return this.#taken <= REPLAY_FIRST || this.#taken % REPLAY_EVERY === 0 ? null : live.run;
  }

  keep(tenant: string, id: string, body: string, run: Run): void {
    const key = keyOf(tenant, id);
    this.#runs.delete(key);
    this.#runs.set(key, { body, run });
    if (this.#runs.size <= MOST) return;
    const [oldest] = this.#runs.keys();
    if (oldest !== undefined) this.#runs.delete(oldest);
  }
}

const byMemory = new WeakMap<object, LiveRuns>();

/** Those that live beside a process's memory of a service's documents. */
export function liveRunsOf(memory: object): LiveRuns {
  let live = byMemory.get(memory);
  if (live === undefined) {
    live = new LiveRuns();
    byMemory.set(memory, live);
  }
  return live;
}

function keyOf(tenant: string, id: string): string {
  return `${tenant}\u0000${id}`;
}
