// A batch: the messages of one commit, run in order over one overlay. Reads that miss are gathered: the first miss starts the rest of
// the batch ahead of its turn, so that one query brings everything. What such a run decided is used when its turn comes and everything
// it read is still what it would read then; otherwise the message is run again.
import type { Decision, DocumentRef, Failure } from "../message/changes.ts";
import type { Message } from "../message/envelope.ts";
import type { StoredDocument } from "../spi/store.ts";
import { decide, type Decider } from "./decide.ts";
import { documentId, type DocumentCache, type DocumentState } from "./documents.ts";
import type { DocumentReader } from "./recorder.ts";

export interface BatchItem {
  readonly message: Message;
  /** `run` it, let it `queue` behind its parked key, or take its failure as given. */
  readonly plan: { readonly kind: "run" } | { readonly kind: "queue" } | { readonly kind: "fail"; readonly failure: Failure };
}

interface BatchPorts {
  readonly cache: DocumentCache;
  load(refs: readonly DocumentRef[]): Promise<readonly StoredDocument[]>;
  /** Runs a task after everything that is ready now. */
  soon(task: () => void): void;
}

interface BatchResult {
  readonly decisions: readonly Decision[];
  /** Whether a document was written without being read: then nothing may be decided on top of this batch before its commit. */
  readonly blind: boolean;
  /** Handler runs, those not counted that were run ahead in vain. */
  readonly runs: number;
}

/** A run ahead of its turn: what it decided, and every state it read. */
interface Ahead {
  readonly decision: Decision | Promise<Decision>;
  readonly reads: { readonly id: string; readonly state: DocumentState }[];
}

/** Decides a batch. Rejects only when documents cannot be loaded. */
export async function decideBatch(decider: Decider, items: readonly BatchItem[], ports: BatchPorts): Promise<BatchResult> {
  const overlay = new Map<string, DocumentState>();
  const loader = new DocumentLoader(ports);
  const failedKeys = new Set<string>();
  const ahead: { runs: readonly (Ahead | undefined)[] | null } = { runs: null };
  let index = 0;

  const own: DocumentReader = {
    read: (ref, id) => {
      const held = overlay.get(id) ?? ports.cache.get(id);
      if (held !== undefined) return held;
      ahead.runs ??= runAhead(index + 1);
      return loader.load(ref, id);
    },
  };

  function runAhead(from: number): (Ahead | undefined)[] {
    const runs: (Ahead | undefined)[] = [];
    for (let later = from; later < items.length; later++) {
      const item = items[later];
      if (item?.plan.kind !== "run") continue;
      const reads: Ahead["reads"] = [];
      const reader: DocumentReader = {
        read: (ref, id) => {
          const held = overlay.get(id) ?? ports.cache.get(id);
          if (held === undefined) return loader.load(ref, id).then((state) => { reads.push({ id, state }); return state; });
          reads.push({ id, state: held });
          return held;
        },
      };
      runs[later] = { decision: decide(decider, item.message, reader), reads };
    }
    return runs;
  }

  /** A handler decides from its message and its reads alone, so the same reads would decide the same. */
  async function decidedAhead(run: Ahead): Promise<Decision | null> {
    const decision = await run.decision;
    if (decision.kind !== "changes") return null;
    for (const { id, state } of run.reads) if ((overlay.get(id) ?? ports.cache.get(id)) !== state) return null;
    return decision;
  }

  const decisions: Decision[] = [];
  let blind = false;
  let runs = 0;
  for (; index < items.length; index++) {
    const item = items[index];
    if (item === undefined) break;
    let decision: Decision;
    if (item.plan.kind === "queue" || (failedKeys.size > 0 && failedKeys.has(keyOf(item)))) decision = { kind: "queued" };
    else if (item.plan.kind === "fail") decision = { kind: "failed", failure: item.plan.failure };
    else {
      // Nothing is awaited where nothing waits: most handlers of a warm process settle at once.
      const before = ahead.runs?.[index];
      const found: Decision | null = before === undefined ? null : await decidedAhead(before);
      const run = found ?? decide(decider, item.message, own);
      decision = run instanceof Promise ? await run : run;
      runs++;
      if (loader.failure !== null) throw loader.failure;
    }
    if (decision.kind === "failed") failedKeys.add(keyOf(item));
    if (decision.kind === "changes") blind = lay(decision, overlay) || blind;
    decisions.push(decision);
  }
  for (const [id, state] of overlay) {
    if (state.version === null) ports.cache.delete(id);
    else ports.cache.set(id, state);
  }
  return { decisions, blind, runs };
}

function keyOf(item: BatchItem): string {
  return `${item.message.tenant}\u0000${item.message.key}`;
}

/** Lays one message's writes over the batch; returns whether one of them was blind. */
function lay(decision: Extract<Decision, { kind: "changes" }>, overlay: Map<string, DocumentState>): boolean {
  let blind = false;
  for (const change of decision.changes.documents) {
    if (change.write.kind === "keep") continue;
    const id = documentId(change);
    const under = overlay.get(id);
    // Within a commit a document's version rises once, however many messages write it.
    const version = under !== undefined ? under.version : change.version === null ? null : change.version + 1;
    if (version === null) blind = true;
    overlay.set(id, { version, body: change.write.kind === "put" ? change.write.body : null });
  }
  return blind;
}

/** Gathers the reads that begin together into one query. */
class DocumentLoader {
  readonly #ports: BatchPorts;
  #wanted = new Map<string, { ref: DocumentRef; promise: Promise<DocumentState>; resolve: (state: DocumentState) => void; reject: (error: unknown) => void }>();
  #loading = new Map<string, Promise<DocumentState>>();
  /** Why documents could not be loaded; then the whole batch fails, whatever handlers made of their rejected reads. */
  failure: Error | null = null;

  constructor(ports: BatchPorts) {
    this.#ports = ports;
  }

  load(ref: DocumentRef, id: string): Promise<DocumentState> {
    const known = this.#loading.get(id) ?? this.#wanted.get(id)?.promise;
    if (known !== undefined) return known;
    let resolve: (state: DocumentState) => void = () => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const promise = new Promise<DocumentState>((yes, no) => { resolve = yes; reject = no; });
    promise.catch(() => undefined);
    if (this.#wanted.size === 0) this.#ports.soon(() => { void this.#flush(); });
    this.#wanted.set(id, { ref, promise, resolve, reject });
    return promise;
  }

  async #flush(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    for (const [id, { promise }] of wanted) this.#loading.set(id, promise);
    try {
      for (const document of await this.#ports.load([...wanted.values()].map((one) => one.ref))) {
        const id = documentId(document);
        const state = { version: document.version, body: document.body };
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
