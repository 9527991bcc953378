// The lock steps as a model: every order in which the transactions may attempt theirs, readers that read from snapshots between any two of them,
// and what must hold of it.
import { model, type Model } from "../../model/model.ts";
import { initialLocks, LockSteps, visible, type LockState, type Step, type Transaction } from "./lock-state.ts";

type Next = (state: LockState, detail?: unknown) => void;

export function lockSteps(name: string, transactions: readonly Transaction[], partitions = 2): Model<LockState> {
  const steps = new LockSteps(transactions);
  const act = (state: LockState, kinds: readonly Step["do"][], next: Next): void => {
    for (const one of transactions) {
      const step = steps.next(state, one.name);
      if (step === undefined || !kinds.includes(step.do) || !steps.canAttempt(state, one.name)) continue;
      const after = steps.attempt(state, one.name);
      next(after, `${one.name}: ${step.do} ${"lock" in step ? step.lock : ""}`.trim() + (after.waiting.includes(one.name) ? ", and waits" : ""));
    }
  };
  const allEnded = (state: LockState): boolean => transactions.every((one) => steps.next(state, one.name) === undefined);
  return model({
    name,
    init: [initialLocks(transactions, partitions)],
    actions: {
      "take a lock": (state: LockState, next: Next) => { act(state, ["share", "lock"], next); },
      "run a statement": (state: LockState, next: Next) => { act(state, ["compare", "progress", "raise", "read progress", "knock", "look", "draw", "door"], next); },
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
      "one takes over": ({ end }) => Object.entries(end).filter(([one, how]) => one.startsWith("takeover") && how === "committed").length <= 1,
      "one publish of a key is appended": (state) => {
        const keys = state.doors.filter(({ by }) => state.end[by] === "committed").map(({ key }) => key);
        return new Set(keys).size === keys.length;
      },
    },
    sometimes: { "everything has ended": allEnded },
    deadlock: allEnded,
  });
}
