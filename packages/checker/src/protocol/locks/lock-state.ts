// What the server-side functions' lock steps do, one attempt at a time: packages/postgres/src/schema (append.ts, functions.ts, acquire.ts) and
// owners.ts, read statement by statement, under the rules by which PostgreSQL grants locks. It models locks, their queues, snapshots and the moment
// of visibility, and none of what the statements compute besides. tests/protocol/ plays it against the server.

export type Step =
  /** Advisory locks until the transaction's end: fences shared by commits, exclusively by takeovers; append locks exclusively. */
  | { readonly do: "share" | "lock"; readonly lock: string }
  /** The epoch, in a statement after the locks: of the committed lease. */
  | { readonly do: "compare"; readonly epoch: number }
  /** A progress row that must continue the last one: a fixed range, or from what the takeover read. */
  | { readonly do: "progress"; readonly from: number | "read" }
  /** What a takeover finds: who has the lease, and where the progress stands. Whoever took it before is alive, so nothing is to be had. */
  | { readonly do: "read progress" }
  | { readonly do: "raise" }
  /** Whether the door knows the key: then nothing is to be done. */
  | { readonly do: "knock"; readonly key: string }
  /** What stands before the rows to come, in a statement after the locks. */
  | { readonly do: "look"; readonly partitions: readonly number[] }
  /** Positions and rows, in one statement. */
  | { readonly do: "draw"; readonly partitions: readonly number[] }
  /** The unique key of the door. */
  | { readonly do: "door"; readonly key: string }
  /** All of it becomes visible at once; after that the locks go. */
  | { readonly do: "commit" }
  | { readonly do: "release" };

export interface Transaction {
  readonly name: string;
  readonly steps: readonly Step[];
  /** It begins when this one has ended. */
  readonly after?: string;
}

interface Row { readonly by: string; readonly partition: number; readonly position: number }
interface Lock { readonly exclusive: string | null; readonly shared: readonly string[] }

export interface LockState {
  /** How many steps each transaction has taken. */
  readonly at: Readonly<Record<string, number>>;
  /** Refused: an error ended it, or there was nothing for it to do; nothing of it is left. */
  readonly end: Readonly<Record<string, "committed" | "refused">>;
  /** Whose next step waits, in the order in which they came. */
  readonly waiting: readonly string[];
  readonly locks: Readonly<Record<string, Lock>>;
  readonly sequence: number;
  readonly rows: readonly Row[];
  readonly doors: readonly { readonly key: string; readonly by: string }[];
  /** `holder`: who took the lease last, of those that live. `raisedBy`: who has raised the epoch and has not committed yet. */
  readonly lease: { readonly epoch: number; readonly holder: string | null; readonly raisedBy: string | null };
  readonly progress: readonly { readonly by: string; readonly from: number; readonly to: number }[];
  /** What the takeover read. */
  readonly read: number | null;
  /** By transaction: what it saw standing before its rows, by partition. */
  readonly before: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** A reader's cursor by partition, and the positions that it was given. */
  readonly cursor: readonly number[];
  readonly seen: readonly number[];
}

export function initialLocks(transactions: readonly Transaction[], partitions: number): LockState {
  return {
    at: Object.fromEntries(transactions.map((one) => [one.name, 0])), end: {}, waiting: [], locks: {}, sequence: 0, rows: [], doors: [],
    lease: { epoch: 1, holder: null, raisedBy: null }, progress: [], read: null, before: {},
    cursor: Array.from({ length: partitions }, () => 0), seen: [],
  };
}

/** What is committed. */
export function visible(state: LockState): readonly Row[] {
  return state.rows.filter(({ by }) => state.end[by] === "committed");
}

/** The transactions as they run beside each other. */
export class LockSteps {
  readonly #byName: ReadonlyMap<string, Transaction>;

  constructor(transactions: readonly Transaction[]) {
    this.#byName = new Map(transactions.map((one) => [one.name, one]));
  }

  /** The step that the transaction takes next; undefined: it has ended. */
  next(state: LockState, name: string): Step | undefined {
    return this.#byName.get(name)?.steps[state.at[name] ?? 0];
  }

  /** Who can attempt a step: has begun or may begin, has not ended, and does not wait. */
  canAttempt(state: LockState, name: string): boolean {
    const before = this.#byName.get(name)?.after;
    if (before !== undefined && this.next(state, before) !== undefined) return false;
    return this.next(state, name) !== undefined && !state.waiting.includes(name);
  }

  /** The next step of a transaction, as far as it comes: it is done, ends the transaction, or waits. Whoever waited for what is free now goes on. */
  attempt(state: LockState, name: string): LockState {
    const step = this.next(state, name);
    if (step === undefined) return state;
    const after = this.#take(state, name, step);
    if (after === null) return { ...state, waiting: [...state.waiting, name] };
    return step.do === "release" || after.end[name] === "refused" ? this.#settled(after) : after;
  }

  /** Whom a step would wait for, or waits for: holders, and who asked before it for what excludes it. None: it does not wait. */
  blockers(state: LockState, name: string): readonly string[] {
    const step = this.next(state, name);
    switch (step?.do) {
      case "share":
      case "lock": {
        const { exclusive, shared } = state.locks[step.lock] ?? FREE;
        const place = state.waiting.indexOf(name);
        const ahead = (place < 0 ? state.waiting : state.waiting.slice(0, place)).filter((other) => {
          const wants = this.next(state, other);
          return (wants?.do === "lock" || (wants?.do === "share" && step.do === "lock")) && wants.lock === step.lock;
        });
        return [...exclusive === null ? [] : [exclusive], ...step.do === "lock" ? shared : [], ...ahead];
      }
      case "door": return undecided(state, state.doors.filter(({ key }) => key === step.key));
      case "progress": return undecided(state, state.progress.filter(({ from }) => from === startOf(state, step.from)));
      default: return [];
    }
  }

  #settled(state: LockState): LockState {
    for (const name of state.waiting) {
      const step = this.next(state, name);
      const after = step === undefined ? null : this.#take(state, name, step);
      if (after !== null) return this.#settled({ ...after, waiting: after.waiting.filter((one) => one !== name) });
    }
    return state;
  }

  /** Null: it waits. */
  #take(state: LockState, name: string, step: Step): LockState | null {
    if (this.blockers(state, name).length > 0) return null;
    const done: LockState = { ...state, at: { ...state.at, [name]: (state.at[name] ?? 0) + 1 } };
    switch (step.do) {
      case "share":
      case "lock": {
        const lock = state.locks[step.lock] ?? FREE;
        return { ...done, locks: { ...state.locks, [step.lock]: step.do === "lock" ? { ...lock, exclusive: name } : { ...lock, shared: [...lock.shared, name] } } };
      }
      case "compare": return state.lease.epoch === step.epoch ? done : refused(state, name);
      case "read progress": return state.lease.holder === null ? { ...done, read: lastProgress(state) } : refused(state, name);
      case "raise": return { ...done, lease: { ...state.lease, raisedBy: name } };
      case "progress": {
        const from = startOf(state, step.from);
        return lastProgress(state) === from ? { ...done, progress: [...state.progress, { by: name, from, to: from + 1 }] } : refused(state, name);
      }
      case "knock": return state.doors.some(({ key, by }) => key === step.key && state.end[by] === "committed") ? refused(state, name) : done;
      case "look": {
        const before = Object.fromEntries(step.partitions.map((partition) =>
          [String(partition), Math.max(0, ...visible(state).filter((row) => row.partition === partition).map((row) => row.position))]));
        return { ...done, before: { ...state.before, [name]: before } };
      }
      case "draw": {
        const rows = step.partitions.map((partition, index): Row => ({ by: name, partition, position: state.sequence + 1 + index }));
        return { ...done, sequence: state.sequence + rows.length, rows: [...state.rows, ...rows] };
      }
      case "door": {
        const isTaken = state.doors.some(({ key, by }) => key === step.key && state.end[by] === "committed");
        return isTaken ? refused(state, name) : { ...done, doors: [...state.doors, { key: step.key, by: name }] };
      }
      case "commit": return {
        ...done, end: { ...state.end, [name]: "committed" },
        lease: state.lease.raisedBy === name ? { epoch: state.lease.epoch + 1, holder: name, raisedBy: null } : state.lease,
      };
      case "release": return { ...done, locks: freed(state.locks, name) };
    }
  }
}

const FREE: Lock = { exclusive: null, shared: [] };

/** Who holds a unique key and has not ended: whoever wants the key waits for that. */
function undecided(state: LockState, holders: readonly { readonly by: string }[]): readonly string[] {
  return holders.filter(({ by }) => state.end[by] === undefined).map(({ by }) => by);
}

function startOf(state: LockState, from: number | "read"): number {
  return from === "read" ? state.read ?? 0 : from;
}

function lastProgress(state: LockState): number {
  return Math.max(0, ...state.progress.filter(({ by }) => state.end[by] === "committed").map(({ to }) => to));
}

/** The transaction ends here: nothing of it is left. */
function refused(state: LockState, name: string): LockState {
  return {
    ...state, at: { ...state.at, [name]: Number.MAX_SAFE_INTEGER }, end: { ...state.end, [name]: "refused" }, locks: freed(state.locks, name),
    rows: state.rows.filter(({ by }) => by !== name),
  };
}

function freed(locks: LockState["locks"], name: string): LockState["locks"] {
  return Object.fromEntries(Object.entries(locks).flatMap(([key, { exclusive, shared }]) => {
    const lock: Lock = { exclusive: exclusive === name ? null : exclusive, shared: shared.filter((one) => one !== name) };
    return lock.exclusive === null && lock.shared.length === 0 ? [] : [[key, lock]];
  }));
}
