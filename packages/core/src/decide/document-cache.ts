// A bounded cache of what this process last saw of documents. Staleness is safe: the commit compares versions. It never forgets what the batch
// at hand and the one before it wrote or loaded: while that one's commit is under way, the database still has the old versions, and whoever
// read those would decide in vain.
import type { DocumentState } from "./documents.ts";

interface Entry { readonly id: string; readonly state: DocumentState; readonly batch: number; used: boolean; wasRead: boolean }

/**
 * Evicts in the order of arrival, and gives what was used meanwhile a second chance ("clock", a close and cheap kin of least recently used;
 * F. J. Corbató, A Paging Experiment with the Multics System, 1968). A Map keeps insertion order, which serves as the hand.
 */
export class DocumentCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  #size = 0;
  #batch = 0;

  /** @param capacity characters of JSON and keys; JSON that was read counts four times, for the value beside it. */
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
    if (!entry.wasRead) {
      this.#size -= sizeOf(entry);
      entry.wasRead = true;
      this.#size += sizeOf(entry);
    }
    return entry.state;
  }

  /** @param wasRead whether somebody has read it, or is about to. */
  set(id: string, state: DocumentState, wasRead = state.value !== undefined): void {
    this.delete(id);
    const entry = { id, state, batch: this.#batch, used: false, wasRead };
    this.#entries.set(id, entry);
    this.#size += sizeOf(entry);
    if (this.#size > this.#capacity) this.#evict();
  }

  delete(id: string): void {
    const before = this.#entries.get(id);
    if (before === undefined) return;
    this.#size -= sizeOf(before);
    this.#entries.delete(id);
  }

  #evict(): void {
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#capacity || entry.batch >= this.#batch - 1) return;
      this.#entries.delete(oldest);
      if (entry.used) {
        entry.used = false;
        this.#entries.set(oldest, entry);
      } else this.#size -= sizeOf(entry);
    }
  }
}

/** Many documents are written and never read again: they have no value. */
function sizeOf({ id, state, wasRead }: Entry): number {
  return id.length + (state.body?.length ?? 0) * (wasRead ? 4 : 1) + 64;
}
