// The server-side functions' own lock steps as a model: packages/postgres/src/schema (append.ts, functions.ts, acquire.ts) and owners.ts, read
// statement by statement. Each transaction is a list of steps that may wait; readers read from snapshots between any two of them. It models
// locks, snapshots and the moment of visibility, and none of what the statements compute besides.
import { model, type Model } from "../../model/model.ts";

export type Step =
  /** pg_advisory_xact_lock: fences shared by commits, exclusively by takeovers; append locks exclusively. Who asks exclusively blocks later askers. */
  | { readonly do: "share" | "ask" | "lock"; readonly lock: string }
  /** The epoch, in a statement after the locks: of the committed lease. */
  | { readonly do: "compare"; readonly epoch: number }
  /** A progress row that must continue the last one: a fixed range, or from what the takeover read. */
  | { readonly do: "progress"; readonly from: number | "read" }
  | { readonly do: "raise" }
  | { readonly do: "read progress" }
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
interface Lock { readonly exclusive: string | null; readonly shared: readonly string[]; readonly asking: readonly string[] }

export interface LockState {
  /** How many steps each transaction has taken. */
  readonly at: Readonly<Record<string, number>>;
  readonly end: Readonly<Record<string, "committed" | "refused">>;
  readonly locks: Readonly<Record<string, Lock>>;
  readonly sequence: number;
  readonly rows: readonly Row[];
  readonly doors: readonly { readonly key: string; readonly by: string }[];
  /** `raisedBy`: who has raised it and has not committed yet. */
  readonly epoch: { readonly committed: number; readonly raisedBy: string | null };
  readonly progress: readonly { readonly by: string; readonly from: number; readonly to: number }[];
  /** What the takeover read. */
  readonly read: number | null;
  /** By transaction: what it saw standing before its rows, by partition. */
  readonly before: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** A reader's cursor by partition, and the positions that it was given. */
  readonly cursor: readonly number[];
  readonly seen: readonly number[];
}

const FREE: Lock = { exclusive: null, shared: [], asking: [] };
type Next = (state: LockState, detail?: unknown) => void;

export function lockSteps(name: string, transactions: readonly Transaction[], partitions = 2): Model<LockState> {
  const byName = new Map(transactions.map((one) => [one.name, one]));
  const init: LockState = {
    at: Object.fromEntries(transactions.map((one) => [one.name, 0])), end: {}, locks: {}, sequence: 0, rows: [], doors: [],
    epoch: { committed: 1, raisedBy: null }, progress: [], read: null, before: {}, cursor: Array.from({ length: partitions }, () => 0), seen: [],
  };
  const nextStep = (state: LockState, one: Transaction): Step | undefined => one.steps[state.at[one.name] ?? 0];
  const act = (state: LockState, kinds: readonly Step["do"][], next: Next): void => {
    for (const one of transactions) {
      const step = nextStep(state, one);
      if (step === undefined || !kinds.includes(step.do)) continue;
      if (one.after !== undefined && nextStep(state, byName.get(one.after) ?? one) !== undefined) continue;
      const after = take(state, one.name, step);
      if (after !== null) next(after, `${one.name}: ${step.do} ${"lock" in step ? step.lock : ""}`.trim());
    }
  };
  return model({
    name,
    init: [init],
    actions: {
      "take a lock": (state: LockState, next: Next) => { act(state, ["share", "ask", "lock"], next); },
      "run a statement": (state: LockState, next: Next) => { act(state, ["compare", "progress", "raise", "read progress", "look", "draw", "door"], next); },
      "commit": (state: LockState, next: Next) => { act(state, ["commit"], next); },
      "release": (state: LockState, next: Next) => { act(state, ["release"], next); },
      "read": (state: LockState, next: Next) => {
        for (let partition = 0; partition < partitions; partition++) {
          const found = visible(state).filter((row) => row.partition === partition && row.position > (state.cursor[partition] ?? 0)).map((row) => row.position);
          if (found.length === 0) continue;
          const cursor = state.cursor.map((position, at) => at === partition ? Math.max(...found) : position);
          next({ ...state, cursor, seen: [...state.seen, ...found].sort((a, b) => a - b) }, `partition ${String(partition)}`);
        }
      },
    },
    invariants: {
      "no reader has passed what becomes visible later": (state) =>
        visible(state).every(({ partition, position }) => position > (state.cursor[partition] ?? 0) || state.seen.includes(position)),
      "nothing stands between what was seen before an append and the append": (state) => visible(state).every((row) => {
        const before = state.before[row.by]?.[String(row.partition)];
        const first = Math.min(...state.rows.filter(({ by, partition }) => by === row.by && partition === row.partition).map(({ position }) => position));
        return before === undefined || visible(state).every(({ partition, position }) =>
          partition !== row.partition || position <= before || position >= first);
      }),
      "a replaced owner commits nothing after the takeover has read its progress": ({ progress, read, end }) =>
        read === null || progress.every(({ by, to }) => end[by] !== "committed" || to <= read || by === "heir"),
      "progress continues": (state) => {
        const done = state.progress.filter(({ by }) => state.end[by] === "committed").sort((a, b) => a.from - b.from);
        return done.every(({ from }, at) => from === (done[at - 1]?.to ?? 0));
      },
      "one publish of a key is appended": (state) => {
        const keys = state.doors.filter(({ by }) => state.end[by] === "committed").map(({ key }) => key);
        return new Set(keys).size === keys.length;
      },
    },
    sometimes: { "everything has ended": (state) => transactions.every((one) => nextStep(state, one) === undefined) },
    deadlock: (state) => transactions.every((one) => nextStep(state, one) === undefined),
  });
}

function visible(state: LockState): readonly Row[] {
  return state.rows.filter(({ by }) => state.end[by] === "committed");
}

/** The step's end; null: it waits. */
function take(state: LockState, name: string, step: Step): LockState | null {
  const done: LockState = { ...state, at: { ...state.at, [name]: (state.at[name] ?? 0) + 1 } };
  switch (step.do) {
    case "share": {
      const lock = state.locks[step.lock] ?? FREE;
      if (lock.exclusive !== null || lock.asking.length > 0) return null;
      return { ...done, locks: { ...state.locks, [step.lock]: { ...lock, shared: [...lock.shared, name] } } };
    }
    case "ask": {
      const lock = state.locks[step.lock] ?? FREE;
      return { ...done, locks: { ...state.locks, [step.lock]: { ...lock, asking: [...lock.asking, name] } } };
    }
    case "lock": {
      const lock = state.locks[step.lock] ?? FREE;
      if (lock.exclusive !== null || lock.shared.length > 0) return null;
      return { ...done, locks: { ...state.locks, [step.lock]: { ...lock, exclusive: name, asking: lock.asking.filter((one) => one !== name) } } };
    }
    case "compare": return state.epoch.committed === step.epoch ? done : refused(state, name);
    case "raise": return { ...done, epoch: { ...state.epoch, raisedBy: name } };
    case "read progress": {
      const committed = state.progress.filter(({ by }) => state.end[by] === "committed").map(({ to }) => to);
      return { ...done, read: Math.max(0, ...committed) };
    }
    case "progress": return continued(state, done, name, step.from === "read" ? state.read ?? 0 : step.from);
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
      const other = state.doors.find(({ key, by }) => key === step.key && state.end[by] !== "refused");
      if (other === undefined) return { ...done, doors: [...state.doors, { key: step.key, by: name }] };
      // The unique key waits for the one that holds it to end.
      return state.end[other.by] === "committed" ? refused(state, name) : null;
    }
    case "commit": return {
      ...done, end: { ...state.end, [name]: "committed" },
      epoch: state.epoch.raisedBy === name ? { committed: state.epoch.committed + 1, raisedBy: null } : state.epoch,
    };
    case "release": return { ...done, locks: freed(state.locks, name) };
  }
}

/** A primary key over (group, partition, from): who comes second waits for the first to end. */
function continued(state: LockState, done: LockState, name: string, from: number): LockState | null {
  const rival = state.progress.find((row) => row.from === from && state.end[row.by] !== "refused");
  if (rival !== undefined) return state.end[rival.by] === "committed" ? refused(state, name) : null;
  const last = Math.max(0, ...state.progress.filter(({ by }) => state.end[by] === "committed").map(({ to }) => to));
  return last === from ? { ...done, progress: [...state.progress, { by: name, from, to: from + 1 }] } : refused(state, name);
}

/** An error ends the transaction: nothing of it is left. */
function refused(state: LockState, name: string): LockState {
  return {
    ...state, at: { ...state.at, [name]: Number.MAX_SAFE_INTEGER }, end: { ...state.end, [name]: "refused" }, locks: freed(state.locks, name),
    rows: state.rows.filter(({ by }) => by !== name),
  };
}

function freed(locks: LockState["locks"], name: string): LockState["locks"] {
  return Object.fromEntries(Object.entries(locks).flatMap(([key, { exclusive, shared, asking }]) => {
    const others = (names: readonly string[]): readonly string[] => names.filter((one) => one !== name);
    const lock: Lock = { exclusive: exclusive === name ? null : exclusive, shared: others(shared), asking: others(asking) };
    return lock.exclusive === null && lock.shared.length === 0 && lock.asking.length === 0 ? [] : [[key, lock]];
  }));
}
