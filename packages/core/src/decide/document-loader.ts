// Loads the documents of one batch: reads that begin together become one query, and what was loaded stays at hand until the batch ends.
import type { DocumentRef } from "../message/changes.ts";
import type { StoredDocument } from "../spi/store.ts";
import type { DocumentCache } from "./document-cache.ts";
import { tellLoaded } from "./read-watch.ts";
import type { PendingRead } from "./pending-read.ts";
import { ABSENT, documentId, type DocumentState } from "./documents.ts";

export interface LoaderPorts {
  readonly cache: DocumentCache;
  load(refs: readonly DocumentRef[]): Promise<readonly StoredDocument[]>;
  /** Runs a task after everything that is ready now. */
  soon(task: () => void): void;
}

interface Wanted {
  readonly ref: DocumentRef;
  /** Those that wait for it now; the others find it at hand. */
  readonly reads: PendingRead[];
}

export class DocumentLoader {
  readonly #ports: LoaderPorts;
  readonly #loaded = new Map<string, DocumentState>();
  readonly #loading = new Map<string, Wanted>();
  #wanted = new Map<string, Wanted>();
  #closed = false;
  /** Whether a document of this batch was taken to be absent. */
  presumed = false;
  /** Why documents could not be loaded; then the whole batch fails, whatever handlers made of their rejected reads. */
  failure: Error | null = null;

  constructor(ports: LoaderPorts) {
    this.#ports = ports;
  }

  /** Whether a query is being gathered: what is asked for now still joins it. */
  get gathering(): boolean {
    return this.#wanted.size > 0;
  }

  /** What is at hand, loaded for this batch or known from before. */
  held(id: string): DocumentState | undefined {
    return (this.#loaded.size === 0 ? undefined : this.#loaded.get(id)) ?? this.#ports.cache.get(id);
  }

  /** Takes a document to be absent, for this batch. */
  presumeNew(id: string): DocumentState {
    this.presumed = true;
    this.#loaded.set(id, ABSENT);
    return ABSENT;
  }

  /** @param read whom to answer; null: nobody yet. */
  load(ref: DocumentRef, id: string, read: PendingRead | null): void {
    const known = this.#loading.get(id) ?? this.#wanted.get(id);
    if (known !== undefined) {
      if (read !== null) known.reads.push(read);
      return;
    }
    if (this.#wanted.size === 0) this.#ports.soon(() => { void this.#flush(); });
    this.#wanted.set(id, { ref, reads: read === null ? [] : [read] });
  }

  /** The batch is over: what is still asked for is refused, and what is still under way is not kept. */
  close(): void {
    this.#closed = true;
  }

  #requireOpen(): void {
    if (this.#closed) throw new Error("The batch is over.");
  }

  async #flush(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    for (const [id, one] of wanted) this.#loading.set(id, one);
    try {
      this.#requireOpen();
      const refs: DocumentRef[] = [];
      for (const { ref } of wanted.values()) refs.push(ref);
      tellLoaded(refs);
      const documents = await this.#ports.load(refs);
      // What comes after the batch may be older than what the next one knows.
      this.#requireOpen();
      for (const document of documents) {
        const id = documentId(document.entity, document.tenant, document.key);
        const state = { version: document.version, body: document.body };
        this.#loaded.set(id, state);
        this.#ports.cache.set(id, state);
        this.#loading.delete(id);
        for (const read of wanted.get(id)?.reads ?? []) read.answer(state);
        wanted.delete(id);
      }
      if (wanted.size > 0) throw new Error(`The store answered without ${String(wanted.size)} of the documents it was asked for.`);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      for (const { reads } of wanted.values()) for (const read of reads) read.refuse(error);
    }
  }
}
