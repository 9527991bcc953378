// Replay: a workflow's function run over its journal. It answers what the function asked for with what the journal says, in the order of the
// journal, holds each request against the one recorded, and collects those that are new. It performs nothing and reads no clock.
//
// Between two answers every microtask runs (`settled`), so that what the function asks for next depends on its journal alone.
import { cancelled, childFailure, stepFailure } from "./failures.ts";
import { diverged, inWords, sameRequest, unpatched } from "./divergence.ts";
import type { End, Entry, Requested } from "./journal.ts";
import { kept } from "./kept.ts";

interface Waiting { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }

type FunctionEnd = { readonly kind: "returned"; readonly value: unknown } | { readonly kind: "threw"; readonly error: unknown };

/** Entries that the function is told of, in their order. */
type Told = Extract<Entry, { kind: "settled" | "cancelled" }>;

export class Replay {
  /** The recorded entries, and behind them what came anew: it only grows, and an entry keeps its place and its kind. */
  readonly journal: Entry[];
  /** When the last entry was told, or the run began: the time that the function sees. */
  now: number;
  /** Why it was cancelled, once it was told so. */
  cancelReason: string | null = null;
  end: FunctionEnd | null = null;
  /** What the function goes on with as a new generation, once it has said so. */
  next: { readonly input: unknown } | null = null;
  readonly #run: string;
  readonly #settled: () => Promise<void>;
  /** Places of the recorded requests of the function, patches aside, and how many of them it has made again. */
  readonly #recorded: readonly number[];
  #again = 0;
  /** Entries before this place were told. */
  #told = 0;
  readonly #waiting = new Map<number, Waiting>();
  /** Whether this run takes a patched way, where that is known. */
  readonly #patches = new Map<string, boolean>();
  /** Patches of the journal that the code has not asked for. */
  readonly #unasked = new Set<string>();
  #fatal: Error | null = null;

  /** @param run names the run in errors. @param settled resolves when every microtask that is ready has run. */
  constructor(run: string, journal: readonly Entry[], startedAt: number, settled: () => Promise<void>) {
    this.#run = run;
    this.journal = [...journal];
    this.now = startedAt;
    this.#settled = settled;
    this.#recorded = journal.flatMap((entry, at) => entry.kind === "requested" && entry.what !== "patch" ? [at] : []);
    for (const entry of journal) if (entry.kind === "requested" && entry.what === "patch") this.#patches.set(entry.name, true);
    for (const name of this.#patches.keys()) this.#unasked.add(name);
  }

  /** Runs the function to the end of the journal. Throws `WORKFLOW_DIVERGED`, and what `refuse` was given. */
  async begin(run: () => Promise<unknown>): Promise<void> {
    const [first] = this.journal;
    if (first?.kind === "cancelled") {
      // The run was told so before it began: the function may see to that, and begins nothing.
      this.#told = 1;
      this.now = first.at;
      this.cancelReason = first.reason;
    }
    this.launch(run);
    await this.#rest();
    for (let next = this.#nextTold(); next !== Infinity; next = this.#nextTold()) {
      this.#expectRequestsBefore(next);
      this.#tell(next);
      await this.#rest();
    }
    this.#expectRequestsBefore(Infinity);
  }

  /** Begins the function of a run without a journal; `check` is to be called when every microtask that is ready has run. */
  launch(run: () => Promise<unknown>): void {
    // A function without a first await may throw before it gives a promise.
    const promise = new Promise<unknown>((resolve) => { resolve(run()); });
    promise.then((value) => { this.end = { kind: "returned", value }; }, (error: unknown) => { this.end = { kind: "threw", error }; });
  }

  /** Adds an entry that came now, and tells the function of it. */
  add(entry: Told): Promise<void> {
    this.tell(entry);
    return this.#rest();
  }

  /** The same, without waiting until the function has gone on; `check` is to be called when it has. */
  tell(entry: Told): void {
    this.journal.push(kept(entry));
    this.#tell(this.journal.length - 1);
  }

  /** How many of the recorded requests the function has made again, patches aside. */
  get again(): number {
    return this.#again;
  }

  /** What was asked for there has ended: the function is told, but of undos it knows nothing. */
  settle(of: number, end: End, at: number): Promise<void> {
    const settled: Told = { kind: "settled", of, at, end };
    if (this.journal[of]?.kind === "requested") return this.add(settled);
    this.journal.push(settled);
    return Promise.resolve();
  }

  async #rest(): Promise<void> {
    await this.#settled();
    this.check();
  }

  /** Throws what `refuse` was given. */
  check(): void {
    if (this.#fatal !== null) throw this.#fatal;
  }

  #nextTold(): number {
    for (let at = this.#told; at < this.journal.length; at++) {
      const kind = this.journal[at]?.kind;
      if (kind === "settled" || kind === "cancelled") return at;
    }
    return Infinity;
  }

  /** Whether what the function asked for there is not answered yet. */
  isWaiting(at: number): boolean {
    return this.#waiting.has(at);
  }

  #tell(at: number): void {
    this.#told = at + 1;
    const entry = this.journal[at];
    if (entry?.kind === "settled") {
      this.now = entry.at;
      this.#answer(entry.of, entry.end);
    } else if (entry?.kind === "cancelled") {
      this.now = entry.at;
      this.cancelReason = entry.reason;
      for (const of of [...this.#waiting.keys()]) if (!isStep(this.journal[of])) this.#reject(of, cancelled(entry.reason));
    }
  }

  #answer(of: number, end: End): void {
    // A step that was under way is waited for to its end, and only then is the function told of its cancellation.
    if (this.cancelReason !== null) this.#reject(of, cancelled(this.cancelReason));
    else if (end.kind === "ok") this.#take(of)?.resolve(end.value);
    else if (end.kind === "lapsed") this.#take(of)?.resolve(undefined);
    else if (end.kind === "childFailed") this.#reject(of, childFailure(nameOf(this.journal[of]), end.status, end.failure));
    else this.#reject(of, stepFailure(nameOf(this.journal[of]), operationOf(this.journal[of]), end.step));
  }

  #reject(of: number, error: Error): void {
    this.#take(of)?.reject(error);
  }

  #take(of: number): Waiting | undefined {
    const waiting = this.#waiting.get(of);
    this.#waiting.delete(of);
    return waiting;
  }

  /** Takes one request of the function. Returns its place in the journal, and whether it is new. */
  request(made: Requested): { readonly at: number; readonly isNew: boolean } {
    if (this.#fatal !== null) throw this.#fatal;
    const at = this.#recorded[this.#again];
    const next = this.#nextTold();
    if (at === undefined) {
      if (next !== Infinity) this.refuse(this.#diverged(next, `nothing more before entry ${String(next)}`, inWords(made)));
      this.journal.push(made);
      return { at: this.journal.length - 1, isNew: true };
    }
    const recorded = this.journal[at];
    if (recorded?.kind !== "requested" || !sameRequest(recorded, made)) this.refuse(this.#diverged(at, recordedWords(recorded), inWords(made)));
    if (at > next) this.refuse(this.#diverged(at, `${recordedWords(recorded)}, only after entry ${String(next)}`, `${inWords(made)}, before it`));
    this.#again++;
    return { at, isNew: false };
  }

  /** The call of this new request was begun without a row. */
  markUnrecorded(at: number, epoch: number): void {
    const entry = this.journal[at];
    if (entry?.kind === "requested" && entry.what === "step") this.journal[at] = { ...entry, unrecorded: epoch };
  }

  /** The function goes on as a new generation: it is told nothing more, and may ask for nothing more. */
  continueAsNew(input: unknown): void {
    const at = this.#recorded[this.#again] ?? this.#nextTold();
    if (at !== Infinity) this.refuse(this.#diverged(at, recordedWords(this.journal[at]), "it continues as new"));
    this.next = { input };
  }

  /**
   * Whether this run takes the patched way: it did before, or it comes here for the first time. The same for the whole run. A patch has no
   * place among the requests, so that the code may stop asking for it.
   */
  patched(name: string): boolean {
    this.#unasked.delete(name);
    const known = this.#patches.get(name);
    if (known !== undefined) return known;
    const isNew = this.#again === this.#recorded.length && this.#nextTold() === Infinity;
    if (isNew) this.journal.push({ kind: "requested", what: "patch", name });
    this.#patches.set(name, isNew);
    return isNew;
  }

  /** What a request is answered with, when its time comes. @param read makes of it what whoever asked expects, at once. */
  answer<T>(at: number, read: (value: unknown) => T): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => { this.#waiting.set(at, { resolve: (value) => { resolve(read(value)); }, reject }); });
    // Parallel steps: one that nobody awaits yet must not end the process when it fails.
    promise.catch(ignored);
    return promise;
  }

  /** Ends this replay with a defect of the function, whether or not the function catches it. */
  refuse(error: Error): never {
    this.#fatal ??= error;
    throw error;
  }

  #expectRequestsBefore(place: number): void {
    const at = this.#recorded[this.#again];
    if (at === undefined || at > place) return;
    const end = this.end === null ? "something else that it waits for" : this.end.kind === "returned" ? "the function returned" : `the function threw ${String(this.end.error)}`;
    throw this.#diverged(at, recordedWords(this.journal[at]), end);
  }

  #diverged(at: number, recorded: string, made: string): Error {
    const history = this.#recorded.slice(0, this.#again).flatMap((one) => {
      const entry = this.journal[one];
      return entry?.kind === "requested" ? [entry] : [];
    });
    const [patch] = this.#unasked;
    return patch === undefined ? diverged(this.#run, at, recorded, made, history) : unpatched(this.#run, patch, recorded, made);
  }
}

function ignored(): void {
  // Whoever awaits it is told.
}

function recordedWords(entry: Entry | undefined): string {
  return entry?.kind === "requested" ? inWords(entry) : "nothing";
}

function isStep(entry: Entry | undefined): boolean {
  return entry?.kind === "requested" && entry.what === "step";
}

function nameOf(entry: Entry | undefined): string {
  return entry?.kind === "requested" && "name" in entry ? entry.name : "";
}

function operationOf(entry: Entry | undefined): string {
  return entry?.kind === "requested" && entry.what === "step" ? entry.operation : "";
}
