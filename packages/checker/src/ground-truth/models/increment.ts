// Threads that add one to a shared number without a lock. After examples/increment.rs of stateright/stateright (MIT).
import { model } from "../../index.ts";
import { recordOf } from "../persistent.ts";

interface Thread {
  readonly local: number;
  readonly at: "read" | "write" | "done";
}

interface State {
  readonly shared: number;
  readonly threads: Readonly<Record<string, Thread>>;
}

interface Constants {
  readonly threads: readonly string[];
  /** Whether to claim that no increment is lost, which is false. */
  readonly claim: boolean;
  readonly symmetry?: boolean;
}

export function increment({ threads, claim, symmetry = false }: Constants) {
  const start: State = { shared: 0, threads: recordOf(threads, { local: 0, at: "read" }) };
  return model({
    name: "increment",
    init: [start],
    actions: {
      read: (s, next) => {
        for (const id of threads) {
          if (s.threads[id]?.at === "read") next({ ...s, threads: { ...s.threads, [id]: { local: s.shared, at: "write" } } }, id);
        }
      },
      write: (s, next) => {
        for (const id of threads) {
          const thread = s.threads[id];
          if (thread?.at === "write") next({ shared: thread.local + 1, threads: { ...s.threads, [id]: { ...thread, at: "done" } } }, id);
        }
      },
    },
    invariants: {
      "no increment is lost": (s) => !claim || Object.values(s.threads).filter(({ at }) => at === "done").length === s.shared,
    },
    deadlock: (s) => Object.values(s.threads).every(({ at }) => at === "done"),
    ...(symmetry ? { symmetry: [threads] } : {}),
  });
}
