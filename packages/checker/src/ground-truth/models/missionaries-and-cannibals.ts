// Six people, one boat, and nobody eaten. After specifications/MissionariesAndCannibals/MissionariesAndCannibals.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { subsets } from "../persistent.ts";

interface Banks {
  readonly boat: "east" | "west";
  readonly east: ReadonlySet<string>;
  readonly west: ReadonlySet<string>;
}

interface Constants {
  readonly missionaries: readonly string[];
  readonly cannibals: readonly string[];
  /** Whether to ask for a way across, by claiming that there is none. */
  readonly solve: boolean;
}

export function missionariesAndCannibals({ missionaries, cannibals, solve }: Constants) {
  const count = (people: ReadonlySet<string>, kind: readonly string[]) => kind.filter((person) => people.has(person)).length;
  const safe = (people: ReadonlySet<string>) => {
    const outnumbered = count(people, cannibals) > count(people, missionaries);
    return count(people, missionaries) === 0 || !outnumbered;
  };
  const start: Banks = { boat: "east", east: new Set([...missionaries, ...cannibals]), west: new Set() };
  return model({
    name: "missionaries and cannibals",
    init: [start],
    actions: {
      cross: (s, next) => {
        const here = s.boat === "east" ? s.east : s.west;
        const there = s.boat === "east" ? s.west : s.east;
        for (const passengers of subsets([...here])) {
          if (passengers.length !== 1 && passengers.length !== 2) continue;
          const left = new Set([...here].filter((person) => !passengers.includes(person)));
          const arrived = new Set([...there, ...passengers]);
          if (!safe(left) || !safe(arrived)) continue;
          next(s.boat === "east" ? { boat: "west", east: left, west: arrived } : { boat: "east", east: arrived, west: left }, passengers);
        }
      },
    },
    invariants: { "somebody is still in the east": (s) => !solve || s.east.size > 0 },
  });
}
