// A model's actions as a space: runs them in order, remembers which one runs, and compares states by structure.
import { assertComparable } from "../state/comparable.ts";
import { structuralCodec } from "../state/structural-codec.ts";
import { structuralHash } from "../state/structural-hash.ts";
import type { Space, Transitions, Words } from "../space.ts";
import type { Action } from "./definition.ts";

const ALWAYS_LOOK = 64;
const LOOK_EACH = 4096;

interface ModelSpaceParts<State> {
  readonly init: () => Iterable<State>;
  readonly actions: readonly { readonly name: string; readonly run: Action<State> }[];
  /** What states are told apart by; null: themselves. */
  readonly view: ((state: State) => unknown) | null;
}

export function modelSpace<State>({ init, actions, view }: ModelSpaceParts<State>): Space<State> {
  let hash = structuralHash(0);
  let hashSeed = 0;
  let running: number | null = null;
  let sink: Transitions<State> = ignore;
  let looked = 0;
  const words: Words = new Uint32Array(2);
  const told = actions.map((_, index) => (state: State, detail?: unknown): void => sink(index, state, detail));

  function run(index: number, state: State): void {
    const action = actions[index];
    const next = told[index];
    if (action === undefined || next === undefined) return;
    running = index;
    action.run(state, next);
  }

  function wordsOf(state: State): string {
    hash(state, words);
    return words.join();
  }

  return {
    actions: actions.map(({ name }) => name),
    initials: init,
    expand(state, to) {
      const outer = sink;
      sink = to;
      try {
        for (let index = 0; index < actions.length; index += 1) run(index, state);
        running = null;
      } finally {
        sink = outer;
      }
    },
    fingerprint(state, into, seed) {
      if (seed !== hashSeed) {
        hash = structuralHash(seed);
        hashSeed = seed;
      }
      // The hash does not see symbols, getters and hidden properties: a sample is looked at thoroughly.
      if (looked++ < ALWAYS_LOOK || looked % LOOK_EACH === 0) assertComparable(state);
      hash(view === null ? state : view(state), into);
    },
    // With a view, equal fingerprints do not make equal states.
    ...(view === null ? {} : { sameState: (one: State, other: State) => wordsOf(one) === wordsOf(other) }),
    codec: () => structuralCodec<State>(),
    running: () => running,
    changer(state) {
      const outer = sink;
      sink = ignore;
      try {
        for (let index = 0; index < actions.length; index += 1) {
          const before = wordsOf(state);
          run(index, state);
          if (wordsOf(state) !== before) return index;
        }
        return null;
      } finally {
        sink = outer;
      }
    },
  };
}

function ignore(): void {
  // Who asks what an action does to its own state does not follow where it leads.
}
