// A bounded cache of what this process last saw of documents. Staleness is safe: the commit compares versions. It never forgets what the batch
// at hand and the one before it wrote or loaded: while that one's commit is under way, the database still has the old versions, and whoever
// read those would decide in vain.
import type { DocumentState } from "./documents.ts";

interface Entry { readonly state: DocumentState; batch: number; used: boolean }

/**
 * Evicts in the order of arrival, and gives what was used meanwhile a second chance ("clock", a close and cheap kin of least recently used;
 * F. J. Corbató, A Paging Experiment with the Multics System, 1968). A Map keeps insertion order, which serves as the hand.
 */
export class DocumentCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  #size = 0;
  #batch = 0;

  /** @param capacity characters of JSON and keys; JSON counts four times, for the value beside it. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** From now on, what is set belongs to the next batch. */
  beginBatch(): void {
    this.#batch++;
  }

  get(id: string): DocumentState | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    entry.used = true;
    return entry.state;
  }

  set(id: string, state: DocumentState): void {
    this.delete(id);
    this.#entries.set(id, { state, batch: this.#batch, used: false });
    this.#size += sizeOf(id, state);
    if (this.#size > this.#capacity) this.#evict();
  }

  delete(id: string): void {
    const before = this.#entries.get(id);
    if (before === undefined) return;
    this.#size -= sizeOf(id, before.state);
    this.#entries.delete(id);
  }

  #evict(): void {
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#capacity || entry.batch >= this.#batch - 1) return;
      this.#entries.delete(oldest);
      if (entry.used) {
        entry.used = false;
        this.#entries.set(oldest, entry);
      } else this.#size -= sizeOf(oldest, entry.state);
    }
  }
}

function sizeOf(id: string, state: DocumentState): number {
  return id.length + (state.body?.length ?? 0) * 4 + 64;
}
