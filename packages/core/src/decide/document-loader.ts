// Loads the documents of one batch: reads that begin together become one query, and what was loaded stays at hand until the batch ends.
import type { DocumentRef } from "../message/changes.ts";
import type { StoredDocument } from "../spi/store.ts";
import type { DocumentCache } from "./document-cache.ts";
import { tellLoaded } from "./read-watch.ts";
import { documentId, type DocumentState } from "./documents.ts";

export interface LoaderPorts {
  readonly cache: DocumentCache;
  load(refs: readonly DocumentRef[]): Promise<readonly StoredDocument[]>;
  /** Runs a task after everything that is ready now. */
  soon(task: () => void): void;
}

interface Wanted {
  readonly ref: DocumentRef;
  readonly promise: Promise<DocumentState>;
  readonly resolve: (state: DocumentState) => void;
  readonly reject: (error: unknown) => void;
}

export class DocumentLoader {
  readonly #ports: LoaderPorts;
  readonly #loaded = new Map<string, DocumentState>();
  readonly #loading = new Map<string, Promise<DocumentState>>();
  #wanted = new Map<string, Wanted>();
  #closed = false;
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

  load(ref: DocumentRef, id: string): Promise<DocumentState> {
    const known = this.#loading.get(id) ?? this.#wanted.get(id)?.promise;
    if (known !== undefined) return known;
    let resolve: Wanted["resolve"] = () => undefined;
    let reject: Wanted["reject"] = () => undefined;
    const promise = new Promise<DocumentState>((yes, no) => { resolve = yes; reject = no; });
    promise.catch(() => undefined);
    if (this.#wanted.size === 0) this.#ports.soon(() => { void this.#flush(); });
    this.#wanted.set(id, { ref, promise, resolve, reject });
    return promise;
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
    for (const [id, { promise }] of wanted) this.#loading.set(id, promise);
    try {
      this.#requireOpen();
      const refs = [...wanted.values()].map((one) => one.ref);
      tellLoaded(refs);
      const documents = await this.#ports.load(refs);
      // What comes after the batch may be older than what the next one knows.
      this.#requireOpen();
      for (const document of documents) {
        const id = documentId(document.entity, document.tenant, document.key);
        const state = { version: document.version, body: document.body };
        this.#loaded.set(id, state);
        this.#ports.cache.set(id, state);
        wanted.get(id)?.resolve(state);
        wanted.delete(id);
        this.#loading.delete(id);
      }
      if (wanted.size > 0) throw new Error(`The store answered without ${String(wanted.size)} of the documents it was asked for.`);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      for (const { reject } of wanted.values()) reject(error);
    }
  }
}
