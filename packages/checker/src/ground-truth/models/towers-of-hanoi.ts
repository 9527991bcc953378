// Disks go from the first tower to the last, never on a smaller one. After specifications/tower_of_hanoi/Hanoi.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced } from "../persistent.ts";

interface Constants {
  readonly disks: number;
  readonly towers: number;
}

/** The state is the disks of each tower: the smallest disk is bit 0. */
export function towersOfHanoi({ disks, towers }: Constants) {
  const whole = 2 ** disks - 1;
  const all = range(0, towers - 1);
  const start: readonly number[] = all.map((tower) => (tower === 0 ? whole : 0));
  const top = (tower: number) => tower & -tower;
  return model({
    name: "towers of Hanoi",
    init: [start],
    actions: {
      move: (s, next) => {
        for (const from of all) {
          const disk = top(at(s, from));
          if (disk === 0) continue;
          for (const to of all) {
            if (to === from || (at(s, to) !== 0 && top(at(s, to)) < disk)) continue;
            next(replaced(replaced(s, from, at(s, from) - disk), to, at(s, to) + disk), { disk, from, to });
          }
        }
      },
    },
    invariants: { "not solved": (s) => s[towers - 1] !== whole },
  });
}
