// Prisoners visit a room with two switches one by one, and one of them counts. After specifications/Prisoners/Prisoners.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import type { Next } from "../../index.ts";
import { at, range, replaced } from "../persistent.ts";

interface State {
  readonly up: boolean;
  readonly idle: boolean;
  /** How often each of the others has put the first switch up. */
  readonly times: readonly number[];
  readonly count: number;
}

interface Constants {
  readonly others: number;
  /** Whether to ask that the counting ends, everybody coming again and again. */
  readonly endless?: boolean;
}

/** Each of the others signals twice, because nobody knows how the first switch stood at first. */
export function prisoners({ others, endless = false }: Constants) {
  const all = range(0, others - 1);
  const done = (s: State) => s.count === 2 * others;
  const actions = {
    count: (s: State, next: Next<State>) => next(s.up ? { ...s, up: false, count: s.count + 1 } : { ...s, idle: !s.idle }),
    visit: (s: State, next: Next<State>) => {
      for (const p of all) {
        const signals = !s.up && at(s.times, p) < 2;
        next(signals ? { ...s, up: true, times: replaced(s.times, p, at(s.times, p) + 1) } : { ...s, idle: !s.idle }, p);
      }
    },
  };
  return model({
    name: "prisoners and switches",
    init: function* (): Iterable<State> {
      for (const up of [false, true]) for (const idle of [false, true]) yield { up, idle, times: all.map(() => 0), count: 0 };
    },
    actions,
    invariants: { "at the end everybody was here": { when: done, then: (s) => s.times.every((times) => times > 0) } },
    ...(endless ? { eventually: { "the counting ends": done } } : {}),
    fairness: { weak: ["count", { action: "visit", each: String }] },
  });
}
