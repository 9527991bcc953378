// Documents in memory: a bounded cache of what this process last saw, and an overlay of what one batch decided on top of it. Both
// hold JSON text, and once somebody has read it the frozen value: a handler can never change what another sees. Staleness is safe: the
// commit compares versions.
import type { DocumentRef } from "../message/changes.ts";

export interface DocumentState {
  /** null: written without being read, so its version is not known. */
  readonly version: number | null;
  readonly body: string | null;
  /** The frozen value of `body`, made by the first reader. */
  value?: unknown;
}

/** The value of a document, or undefined when there is none. */
export function valueOf(state: DocumentState): unknown {
  if (state.body === null) return undefined;
  state.value ??= freeze(JSON.parse(state.body));
  return state.value;
}

function freeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** One string per document; NUL cannot occur in keys, tenants or names. */
export function documentId(ref: DocumentRef): string {
  return `${ref.entity}\u0000${ref.tenant}\u0000${ref.key}`;
}

/** Least recently used documents go first, by characters held. A Map keeps insertion order, which serves as the order of use. */
export class DocumentCache {
  readonly #states = new Map<string, DocumentState>();
  readonly #capacity: number;
  #size = 0;

  /** @param capacity characters of JSON and keys; JSON counts four times, for the value beside it. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(id: string): DocumentState | undefined {
    return this.#states.get(id);
  }

  set(id: string, state: DocumentState): void {
    const before = this.#states.get(id);
    if (before !== undefined) {
      this.#size -= sizeOf(id, before);
      this.#states.delete(id);
    }
    this.#states.set(id, state);
    this.#size += sizeOf(id, state);
    if (this.#size <= this.#capacity) return;
    for (const [oldest, old] of this.#states) {
      if (this.#size <= this.#capacity) break;
      this.#states.delete(oldest);
      this.#size -= sizeOf(oldest, old);
    }
  }

  delete(id: string): void {
    const before = this.#states.get(id);
    if (before === undefined) return;
    this.#size -= sizeOf(id, before);
    this.#states.delete(id);
  }

  clear(): void {
    this.#states.clear();
    this.#size = 0;
  }
}

function sizeOf(id: string, state: DocumentState): number {
  return id.length + (state.body?.length ?? 0) * 4 + 64;
}
