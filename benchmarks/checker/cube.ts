// A model of as many small states as are wanted, in a module that worker threads can import. It measures nothing.
import { model } from "../../packages/checker/src/index.ts";

/** A cube of small states: as many as wanted, each with three successors at most. */
export function cube(side: number) {
  return model({
    name: `cube of ${side}`,
    init: [{ x: 0, y: 0, z: 0 }],
    actions: {
      right: (s, next) => { if (s.x < side - 1) next({ ...s, x: s.x + 1 }); },
      up: (s, next) => { if (s.y < side - 1) next({ ...s, y: s.y + 1 }); },
      deep: (s, next) => { if (s.z < side - 1) next({ ...s, z: s.z + 1 }); },
    },
    invariants: { "within the cube": (s) => s.x < side && s.y < side && s.z < side },
    deadlock: (s) => s.x + s.y + s.z === 3 * (side - 1),
  });
}
