// What it is to detect that nodes have come to rest: with messages that wake at once, and with messages on their way. After
// specifications/ewd840/SyncTerminationDetection.tla and specifications/ewd998/AsyncTerminationDetection.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced, sequences } from "../persistent.ts";

interface State {
  readonly active: readonly boolean[];
  /** Messages on their way to each node. */
  readonly pending: readonly number[];
  readonly detected: boolean;
}

const resting = (s: State) => !s.active.includes(true) && s.pending.every((count) => count === 0);

function rules(nodes: number) {
  const all = range(0, nodes - 1);
  return {
    all,
    init: function* (): Iterable<State> {
      for (const active of sequences([false, true], nodes)) {
        const state: State = { active, pending: all.map(() => 0), detected: false };
        yield state;
        if (resting(state)) yield { ...state, detected: true };
      }
    },
    /** A node rests, which may be detected in the same step. */
    rested: (s: State, node: number): readonly State[] => {
      const after: State = { ...s, active: replaced(s.active, node, false) };
      return !s.detected && resting(after) ? [after, { ...after, detected: true }] : [after];
    },
    invariants: { "what is detected has happened": { when: (s: State) => s.detected, then: resting } },
    steps: { "rest is for ever": (before: State, after: State) => !resting(before) || resting(after) },
  };
}

const isDetected = { "rest is detected": { from: resting, to: (s: State) => s.detected } };

/** `endless`: whether to ask that rest is detected in the end. */
export function terminationOfSynchronous({ nodes, endless = false }: { readonly nodes: number; readonly endless?: boolean }) {
  const { all, rested, ...asked } = rules(nodes);
  return model({
    name: "termination, synchronous",
    ...asked,
    actions: {
      rest: (s, next) => {
        for (const node of all) if (at(s.active, node)) for (const after of rested(s, node)) next(after, node);
      },
      wake: (s, next) => {
        for (const from of all) if (at(s.active, from)) for (const to of all) next({ ...s, active: replaced(s.active, to, true) }, { from, to });
      },
      detect: (s, next) => {
        if (resting(s)) next({ ...s, detected: true });
      },
    },
    ...(endless ? { leadsTo: isDetected } : {}),
    fairness: { weak: ["detect"] },
  });
}

export function terminationOfAsynchronous({ nodes, maxPending }: { readonly nodes: number; readonly maxPending: number }) {
  const { all, rested, ...asked } = rules(nodes);
  return model({
    name: "termination, asynchronous",
    ...asked,
    actions: {
      receive: (s, next) => {
        for (const node of all) {
          const count = at(s.pending, node);
          if (count > 0) next({ ...s, active: replaced(s.active, node, true), pending: replaced(s.pending, node, count - 1) }, node);
        }
      },
      rest: (s, next) => {
        for (const node of all) if (at(s.active, node)) for (const after of rested(s, node)) next(after, node);
      },
      send: (s, next) => {
        for (const from of all) {
          if (at(s.active, from)) for (const to of all) next({ ...s, pending: replaced(s.pending, to, at(s.pending, to) + 1) }, { from, to });
        }
      },
      detect: (s, next) => {
        if (resting(s)) next({ ...s, detected: true });
      },
    },
    constraint: (s) => s.pending.every((count) => count <= maxPending),
  });
}
