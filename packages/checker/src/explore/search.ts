// Breadth-first search: every stored state is expanded once, level by level, until nothing waits, something is found, or a bound is met. It
// knows when to go on to which state; what is looked at in one is the expander's, what to conclude from it the report's.
import type { Subject } from "../space.ts";
import type { Crew } from "./crew/crew.ts";
import { expanderOf } from "./expander.ts";
import type { Counts, Store } from "./expander.ts";
import type { Finding } from "./finding.ts";
import type { Frontier } from "./frontier.ts";
import type { Judge } from "./judge.ts";
import type { Settings } from "./options.ts";
import type { Origins } from "./origins.ts";
import type { Recorder } from "./recorder.ts";
import type { VisitedSet } from "./visited.ts";

/** What a search works on. */
interface SearchParts<State> {
  readonly subject: Subject<State>;
  readonly settings: Settings;
  readonly judge: Judge<State>;
  readonly visited: VisitedSet;
  readonly origins: Origins;
  readonly frontier: Frontier<State>;
  readonly recorder: Recorder<State> | null;
  /** Threads that expand levels which are worth it; null: none. */
  readonly crew: Crew<State> | null;
  /** Called between expansions, now and then: says why to stop, or null. */
  beat(numbers: () => SearchNumbers): string | null;
  /** Called between two levels, when every state of the last one is expanded and none of the next. */
  barrier(numbers: () => SearchNumbers): void;
  /** The numbers of an earlier part of this search that ended at a barrier; null: it begins. */
  readonly earlier: SearchNumbers | null;
}

export interface SearchNumbers extends Counts {
  /** The level whose states are being expanded. */
  readonly level: number;
}

interface SearchEnd extends SearchNumbers {
  /** What was found, if anything. */
  readonly finding: Finding | null;
  /** Why states were left unexpanded, or null: none were. */
  readonly bound: string | null;
}

const EXPANSIONS_PER_BEAT = 64;
const YIELD_EACH_MS = 100;

export async function search<State>(parts: SearchParts<State>): Promise<SearchEnd> {
  const { settings, visited, frontier, crew } = parts;
  const expander = expanderOf({ ...parts, store: storeOf(parts) });
  let level = 0;
  let levelEnd = 0;
  let nextId = 0;
  let bound: string | null = null;
  let lost: Finding | null = null;

  const ended = (): boolean => bound !== null || lost !== null || expander.finding !== null || expander.bound !== null;
  const numbers = (): SearchNumbers => ({ ...expander.counts(), level });

  /** Expands states until there is something to wait for or `beat` is due. */
  function slice(): Promise<void> | null {
    for (let count = 0; count < EXPANSIONS_PER_BEAT && frontier.length > 0; count += 1) {
      if (ended()) return null;
      if (nextId === levelEnd) {
        if (level > 0) parts.barrier(numbers);
        level += 1;
        levelEnd = visited.size;
        crew?.beginLevel();
      }
      if (level >= settings.maxDepth) {
        bound = `the bound of ${settings.maxDepth} levels was met`;
        return null;
      }
      if (crew !== null && crew.isWorthIt(levelEnd - nextId)) return expandTogether(crew);
      const pending = expander.expand(nextId++, frontier.shift(), level);
      if (pending !== null) return pending;
    }
    return null;
  }

  async function expandTogether(together: Crew<State>): Promise<void> {
    const stop = (): boolean => (bound ??= parts.beat(numbers)) !== null;
    const end = await together.expandLevel({ expander, level, firstId: nextId, count: levelEnd - nextId, stop });
    nextId += end.count;
    lost = end.lost;
  }

  if (parts.earlier === null) {
    expander.begin();
  } else {
    expander.add(parts.earlier);
    ({ level } = parts.earlier);
    nextId = parts.earlier.expanded;
    levelEnd = nextId;
  }
  let yieldAt = Date.now() + YIELD_EACH_MS;
  while (frontier.length > 0 && !ended()) {
    const pending = slice();
    if (pending !== null) await pending;
    // What is whole is whole, however long it took.
    if (frontier.length > 0) bound ??= parts.beat(numbers);
    if (Date.now() > yieldAt) yieldAt = await otherWork();
  }
  return { ...numbers(), finding: expander.finding ?? lost, bound: expander.bound ?? bound };
}

function storeOf<State>({ visited, origins, frontier, settings }: SearchParts<State>): Store<State> {
  let slot = 0;
  return {
    find(words) {
      slot = visited.slotOf(words);
      return visited.idAt(slot);
    },
    keep(state, words, parent, ordinal) {
      if (visited.size >= settings.maxStates) return null;
      const id = visited.insert(slot, words);
      origins.push(parent, ordinal);
      frontier.push(state);
      return id;
    },
  };
}

/** Lets timers, signals and sockets have their turn: a search may take minutes. Returns when to do so again. */
async function otherWork(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  return Date.now() + YIELD_EACH_MS;
}
