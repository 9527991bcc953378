// Readers share, writers do not, and a queue keeps it fair. After specifications/ReadersWriters/ReadersWriters.tla and MC of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import type { Action, Next, Predicate } from "../../index.ts";
import { added, at, range, removed } from "../persistent.ts";

interface State {
  readonly readers: ReadonlySet<number>;
  readonly writers: ReadonlySet<number>;
  readonly waiting: readonly (readonly ["read" | "write", number])[];
}

export function readersWriters({ actors, endless = false }: { readonly actors: number; readonly endless?: boolean }) {
  const all = range(1, actors);
  const request = (kind: "read" | "write"): Action<State> => (s, next) => {
    for (const actor of all) {
      if (!s.waiting.some(([k, a]) => k === kind && a === actor)) next({ ...s, waiting: [...s.waiting, [kind, actor]] }, actor);
    }
  };
  const again: Readonly<Record<string, Predicate<State>>> = Object.fromEntries(all.flatMap((actor): [string, Predicate<State>][] => [
    [`${actor} reads`, (s) => s.readers.has(actor)],
    [`${actor} writes`, (s) => s.writers.has(actor)],
    [`${actor} does not read`, (s) => !s.readers.has(actor)],
    [`${actor} does not write`, (s) => !s.writers.has(actor)],
  ]));
  const start: State = { readers: new Set(), writers: new Set(), waiting: [] };
  const actions = {
    "try to read": request("read"),
    "try to write": request("write"),
    begin: (s: State, next: Next<State>) => {
      if (s.waiting.length === 0 || s.writers.size > 0) return;
      const [kind, actor] = at(s.waiting, 0);
      const waiting = s.waiting.slice(1);
      if (kind === "read") next({ ...s, readers: added(s.readers, actor), waiting }, actor);
      else if (s.readers.size === 0) next({ ...s, writers: added(s.writers, actor), waiting }, actor);
    },
    stop: (s: State, next: Next<State>) => {
      for (const actor of new Set([...s.readers, ...s.writers])) {
        if (s.readers.has(actor)) next({ ...s, readers: removed(s.readers, actor) }, actor);
        else next({ ...s, writers: removed(s.writers, actor) }, actor);
      }
    },
  };
  return model({
    name: "readers and writers",
    init: [start],
    actions,
    invariants: {
      "nobody reads while somebody writes": (s) => s.readers.size === 0 || s.writers.size === 0,
      "one writes at a time": (s) => s.writers.size <= 1,
    },
    ...(endless ? { alwaysEventually: again } : {}),
    fairness: { weak: [{ action: "try to read", each: String }, { action: "try to write", each: String }, "begin", "stop"] },
  });
}
