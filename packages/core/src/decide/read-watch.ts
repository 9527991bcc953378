// What handler runs read, counted: for tests that hold a handler to a number of queries, and for a warning that names an N+1. A read is a
// document that the run asked for, or a declared statement that it ran. A query is what reads cost when nothing is cached: documents asked for
// side by side make one, each declared statement one of its own. It changes nothing about how anything is read.
import type { Envelope } from "../message/envelope.ts";
import type { DocumentRef } from "../message/changes.ts";
import type { Log } from "../spi/host.ts";

/** Reads of one shape in one run. */
export interface ReadCount {
  /** "document invoice", or "statement sales.add: insert into sales …" with its literals taken out. */
  readonly shape: string;
  readonly reads: number;
  /** The queries that these reads took part in. */
  readonly queries: number;
}

/** One handler run, whether it came to changes or to a failure. */
export interface HandlerReads {
  readonly service: string;
  readonly message: string;
  readonly messageId: string;
  readonly reads: number;
  readonly queries: number;
  readonly shapes: readonly ReadCount[];
}

interface ReadObserver {
  run(run: HandlerReads): void;
  /** The store was asked for these: one statement, for all runs of a batch together. What the cache had is not among them. */
  loaded(documents: readonly DocumentRef[]): void;
}

const observers = new Set<ReadObserver>();

/**
 * Hears of every handler run of this process that ends from now on, and of every load. For tests: each app of the process is heard.
 *
 * @returns how to stop.
 */
export function observeReads(observer: ReadObserver): () => void {
  observers.add(observer);
  return () => { observers.delete(observer); };
}

/** Tells that the store was asked. */
export function tellLoaded(documents: readonly DocumentRef[]): void {
  for (const observer of observers) observer.loaded(documents);
}

// Reads begun in one go, with no answer between them, are side by side. One microtask a go, for all runs: an answer at hand comes with a later
// one, so whoever reads after it reads in another go.
let go = 0;
let isGoOpen = false;

function presentGo(): number {
  if (!isGoOpen) {
    isGoOpen = true;
    void Promise.resolve().then(() => { go++; isGoOpen = false; });
  }
  return go;
}

interface Counting { reads: number; queries: number; lastGo: number }

/** The reads of one run. */
export class ReadLog {
  readonly #watch: ReadWatch;
  readonly #message: Envelope;
  /** By entity, and by statement as it is told of. */
  readonly #documents = new Map<string, Counting>();
  #statements: Map<string, Counting> | null = null;
  /** The entity read last: most reads of a run are of the same as the one before. */
  #lastEntity = "";
  #lastCounting: Counting | null = null;
  #reads = 0;
  #queries = 0;
  #lastGo = -1;
  #isOver = false;

  constructor(watch: ReadWatch, message: Envelope) {
    this.#watch = watch;
    this.#message = message;
  }

  document(entity: string): void {
    const now = presentGo();
    this.#reads++;
    if (now !== this.#lastGo) this.#queries++;
    this.#lastGo = now;
    if (entity !== this.#lastEntity || this.#lastCounting === null) {
      this.#lastCounting = countingOf(this.#documents, entity);
      this.#lastEntity = entity;
    }
    const counting = this.#lastCounting;
    counting.reads++;
    if (now !== counting.lastGo) counting.queries++;
    counting.lastGo = now;
  }

  /** Each is a statement of the commit, wherever the handler ran it. */
  statement(name: string, text: string): void {
    this.#reads++;
    this.#queries++;
    const counting = countingOf(this.#statements ??= new Map<string, Counting>(), `statement ${name}: ${normalized(text)}`);
    counting.reads++;
    counting.queries++;
  }

  /** The run has settled. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { service, warnsFrom } = this.#watch;
    if (observers.size === 0 && (warnsFrom === 0 || this.#queries < warnsFrom)) return;
    const shapes: ReadCount[] = [];
    for (const [entity, { reads, queries }] of this.#documents) shapes.push({ shape: `document ${entity}`, reads, queries });
    for (const [shape, { reads, queries }] of this.#statements ?? []) shapes.push({ shape, reads, queries });
    this.#watch.judge(this.#message.name, shapes);
    const run = { service, message: this.#message.name, messageId: this.#message.id, reads: this.#reads, queries: this.#queries, shapes };
    for (const observer of observers) observer.run(run);
  }
}

function countingOf(countings: Map<string, Counting>, shape: string): Counting {
  let counting = countings.get(shape);
  if (counting === undefined) countings.set(shape, counting = { reads: 0, queries: 0, lastGo: -1 });
  return counting;
}

/** No more are remembered as told: shapes are few, and what is told twice is no harm. */
const MAX_TOLD = 1_000;

/** The reads of a service's handlers in this process. */
export class ReadWatch {
  readonly service: string;
  readonly #log: Log;
  readonly warnsFrom: number;
  readonly #told = new Set<string>();

  /** @param warnFrom as many reads of one shape one after another are warned of; 0: none are. */
  constructor(service: string, warnFrom: number, log: Log) {
    this.service = service;
    this.warnsFrom = warnFrom;
    this.#log = log;
  }

  /** Where somebody observes, every run counts; for the warning, only those that read. */
  begin(message: Envelope): ReadLog | null {
    return observers.size > 0 ? new ReadLog(this, message) : null;
  }

  /** At a run's first read. */
  firstRead(message: Envelope): ReadLog | null {
    return this.warnsFrom > 0 ? new ReadLog(this, message) : null;
  }

  judge(message: string, shapes: readonly ReadCount[]): void {
    if (this.warnsFrom === 0) return;
    for (const { shape, queries } of shapes) {
      if (queries < this.warnsFrom) continue;
      const id = `${message} ${shape}`;
      if (this.#told.has(id) || this.#told.size >= MAX_TOLD) continue;
      this.#told.add(id);
      this.#log("warning", "reads.one-by-one", {
        service: this.service, message, shape, times: queries,
        advice: shape.startsWith("document ")
          ? "Ask for them side by side: await Promise.all(keys.map((key) => entity.get(key))), which is one query."
          : "Run one statement for all of them, with arrays as parameters: unnest($1::text[]).",
      });
    }
  }
}

/** A statement's shape: its blanks made one, its literals a question mark. Names and numbered parameters stay. */
function normalized(text: string): string {
  return text.replaceAll(/'(?:[^']|'')*'/g, "?").replaceAll(/(?<![\w$."])\d+(?:\.\d+)?\b/g, "?").replaceAll(/\s+/g, " ").trim().slice(0, 500);
}
