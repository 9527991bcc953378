// Named waits: whoever waits for something outside itself says so here, under a name, and says when it is over. A linked list, so that both
// cost a few writes and one small object. It judges nothing: what lasts too long is the stall watch's to say.

/** What is waited for. */
export type WaitKind =
  /** A handler under way, "service/message". */
  | "handler"
  /** A port at work on a call, by operation. */
  | "call"
  /** A read of the log, of parked keys, calls or timers; documents; the ends of the log. */
  | "read"
  | "load"
  /** A commit of a service's decisions, of its calls' outcomes, of timers that fire. */
  | "commit"
  | "timers"
  /** A caller of `publish`, and the flush that carries many of them. */
  | "publish"
  | "flush"
  /** A connection of the pool. */
  | "pool"
  /** Ownership: joining, looking at the roster, acquiring, releasing. */
  | "lease"
  /** A user's transaction: "begin" waits for its connection, "work" is the user's own code, "commit" its end. */
  | "transaction"
  /** LISTEN is being set up anew. */
  | "hints"
  /** Housekeeping and what operators ask for. */
  | "store";

/** One wait, as a dump shows it. Plain data. */
export interface Wait {
  readonly kind: WaitKind;
  /** The kind and what it is about, as "commit accounting". The same for every wait of this sort, so that they can be counted. */
  readonly name: string;
  /** Which one: keys and ids; null where the name says all. */
  readonly detail: string | null;
  readonly forMs: number;
  /** After so long it is reported; null: never. For a handler or a transaction's work it counts from its last answer on. */
  readonly limitMs: number | null;
  readonly overdue: boolean;
  /** Nobody waits for it any more, and it has not ended: a handler or a call after its limit. */
  readonly givenUp: boolean;
}

/** What stands still in a process, as its stall watch says it; see `StallFinding`. */
export interface ReportedStall {
  readonly kind: string;
  /** What is waited for, as "handler shipping/order.placed". */
  readonly name: string;
  readonly forMs: number;
  readonly limitMs: number;
  readonly count: number;
  readonly message: string;
}

/** A wait under way. Plain fields: there is one of these for everything that is waited for. */
export interface WaitNode {
  readonly kind: WaitKind;
  readonly of: string;
  /** null: the limit that the list is read with. */
  readonly limitMs: number | null;
  readonly detail: (() => string) | null;
  readonly isGivenUp: (() => boolean) | null;
  readonly since: number;
  /** From when the limit counts. */
  quietSince: number;
  /** Set while it waits for something that is listed by itself. */
  busy: boolean;
  before: WaitNode | null;
  after: WaitNode | null;
}

interface WaitOptions {
  readonly limitMs?: number;
  readonly detail?: () => string;
  readonly isGivenUp?: () => boolean;
}

const PLAIN: WaitOptions = {};

/** How long something that was given up still counts as overdue: its limit has ended it for everybody who waited. */
export const GIVEN_UP_MS = 60_000;

/** The limit of waits that may last as long as they like. */
export const NO_LIMIT_MS = Infinity;

/**
 * The waits of one part of a process.
 *
 * @example
 * const waits = new Waits(() => performance.now());
 * const client = await waits.during("pool", "one of 10 connections", pool.connect());
 */
export class Waits {
  readonly #clock: () => number;
  #first: WaitNode | null = null;
  #last: WaitNode | null = null;
  #count = 0;
  /** Called when there is a wait after there was none. */
  onBusy: (() => void) | null = null;

  /** @param clock milliseconds that only grow. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get count(): number { return this.#count; }

  begin(kind: WaitKind, of: string, options: WaitOptions = PLAIN): WaitNode {
    const since = this.#clock();
    const node: WaitNode = {
      kind, of, limitMs: options.limitMs ?? null, detail: options.detail ?? null, isGivenUp: options.isGivenUp ?? null,
      since, quietSince: since, busy: false, before: this.#last, after: null,
    };
    if (this.#last === null) this.#first = node;
    else this.#last.after = node;
    this.#last = node;
    if (this.#count++ === 0) this.onBusy?.();
    return node;
  }

  /** Once for each `begin`. */
  end(node: WaitNode): void {
    if (node.before === null) this.#first = node.after;
    else node.before.after = node.after;
    if (node.after === null) this.#last = node.before;
    else node.after.before = node.before;
    this.#count--;
  }

  /** Lists a promise until it settles, and returns that same promise. */
  during<T>(kind: WaitKind, of: string, promise: Promise<T>, options: WaitOptions = PLAIN): Promise<T> {
    const node = this.begin(kind, of, options);
    const end = (): void => { this.end(node); };
    promise.then(end, end);
    return promise;
  }

  /** It has had an answer: its limit counts anew. */
  answered(node: WaitNode): void {
    node.busy = false;
    node.quietSince = this.#clock();
  }

  /** Everything under way, oldest first. @param generalMs the limit of those that have none of their own. */
  list(generalMs: number): Wait[] {
    const now = this.#clock();
    const found: Wait[] = [];
    for (let node = this.#first; node !== null; node = node.after) {
      const limitMs = node.limitMs ?? generalMs;
      const quietMs = now - node.quietSince;
      const givenUp = node.isGivenUp?.() === true;
      found.push({
        kind: node.kind, name: `${node.kind} ${node.of}`, detail: node.detail?.() ?? null, forMs: now - node.since,
        limitMs: Number.isFinite(limitMs) ? limitMs : null,
        overdue: !node.busy && quietMs >= limitMs && !(givenUp && quietMs >= limitMs + GIVEN_UP_MS), givenUp,
      });
    }
    return found;
  }
}
