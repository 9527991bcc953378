// Numbers transitions by what fairness tells apart: an action as a whole, or each of its cases for itself. Cases are numbered as they are met,
// so which classes of fairness there are is known only when everything was seen. It judges nothing.
import { EvenkeelError } from "@evenkeel/core";
import type { FairCases, Fairness } from "../space.ts";

/** Sets of numbers, each treated fairly as one. */
export interface FairSets {
  readonly weak: readonly (readonly number[])[];
  readonly strong: readonly (readonly number[])[];
}

interface NumberedCases {
  /** The number of a transition. An action that no entry divides into cases keeps its own. Runs the entries' `of`. */
  number(action: number, detail: unknown): number;
  /** The action of a number. */
  action(number: number): number;
  /** The fairness in terms of numbers, of all cases that were met so far. */
  sets(): FairSets;
}

interface Case {
  readonly action: number;
  /** What each entry that divides the action calls this case. */
  readonly keys: ReadonlyMap<FairCases, string>;
}

/** Edges of the behaviour graph keep their number in 16 bits. */
const MOST = 1 << 16;

export function numberedCases(fairness: Fairness, actionCount: number): NumberedCases {
  const dividing = [...fairness.weak, ...fairness.strong].filter(isCases);
  const entriesOf = Array.from({ length: actionCount }, (_, action) => dividing.filter(({ actions }) => actions.includes(action)));
  const numbers = new Map<string, number>();
  const cases: Case[] = [];

  function setsOf(entry: readonly number[] | FairCases): readonly (readonly number[])[] {
    const numbered = cases.map((one, index) => ({ ...one, number: actionCount + index }));
    if (!isCases(entry)) return [[...entry, ...numbered.filter(({ action }) => entry.includes(action)).map(({ number }) => number)]];
    const sets = new Map<string, number[]>();
    for (const { number, keys } of numbered) {
      const key = keys.get(entry);
      if (key === undefined) continue;
      const set = sets.get(key);
      if (set === undefined) sets.set(key, [number]);
      else set.push(number);
    }
    return [...sets.values()];
  }

  return {
    number(action, detail) {
      const entries = entriesOf[action] ?? [];
      if (entries.length === 0) return action;
      const keys = new Map(entries.map((entry) => [entry, keyOf(entry.of(detail))]));
      const text = JSON.stringify([action, ...keys.values()]);
      const known = numbers.get(text);
      if (known !== undefined) return known;
      const made = actionCount + cases.length;
      if (made >= MOST) {
        throw new EvenkeelError("MODEL_INVALID", `Fairness divides actions into more than ${MOST - actionCount} cases: let "each" name fewer.`, { details: { most: MOST } });
      }
      cases.push({ action, keys });
      numbers.set(text, made);
      return made;
    },
    action: (number) => cases[number - actionCount]?.action ?? number,
    sets: () => ({ weak: fairness.weak.flatMap(setsOf), strong: fairness.strong.flatMap(setsOf) }),
  };
}

/** 1 and "1" are two cases. */
function keyOf(key: string | number): string {
  return JSON.stringify(key);
}

function isCases(entry: readonly number[] | FairCases): entry is FairCases {
  return "of" in entry;
}
