// A grid in three dimensions with everything that a model may ask, and one defect of each kind far from its beginning: what threads find there
// must be what one thread finds.
import { isMainThread } from "node:worker_threads";
import { model } from "../../../index.ts";

export const SIDE = 16;

interface Options {
  readonly name?: string;
  readonly side?: number;
  readonly symmetric?: boolean;
  readonly breaks?: "invariant" | "step" | "deadlock" | "action" | "predicate" | "determinism" | "symmetry";
  /** Ends the thread in the middle. */
  readonly exits?: boolean;
  /** Breaks an invariant in threads alone. */
  readonly differs?: boolean;
}

interface State {
  readonly at: Readonly<Record<"x" | "y" | "z", number>>;
  readonly tags: ReadonlySet<string>;
}

const AXES = ["x", "y", "z"] as const;
const FAR = 24;
const far = ({ at }: State): boolean => at.x + at.y + at.z >= FAR;

export function grid({ name = "grid", side = SIDE, symmetric = false, breaks, exits = false, differs = false }: Options) {
  const end = (s: State): boolean => AXES.every((axis) => s.at[axis] === side - 1);
  let count = 0;
  return model({
    name,
    init: [{ at: { x: 0, y: 0, z: 0 }, tags: new Set<string>(["start"]) }] as readonly State[],
    actions: {
      step: (s, next) => {
        if (breaks === "action" && far(s) && s.at.x === 9) throw new Error("too far");
        if (exits && !isMainThread && far(s)) process.exit(3);
        if (breaks === "deadlock" && far(s) && s.at.y === 11) return;
        const only = breaks === "symmetry" && far(s) ? ["x", "y"] as const : AXES;
        for (const axis of only) if (s.at[axis] < side - 1) next({ at: { ...s.at, [axis]: s.at[axis] + 1 }, tags: new Set([axis]) }, axis);
      },
      forget: (s, next) => {
        if (breaks === "determinism" && far(s)) next({ ...s, tags: new Set([String(count++)]) });
        else next({ ...s, tags: new Set<string>() });
      },
    },
    invariants: {
      "within the grid": (s) => AXES.every((axis) => s.at[axis] < side) && !(differs && !isMainThread && far(s)),
      "far away": { when: far, then: (s) => breaks !== "invariant" || s.at.z !== 12 },
      "tagged": { when: (s) => s.tags.size > 0, then: () => true },
    },
    steps: { "no step back": (before, after) => breaks !== "step" || after.tags.size > 0 || before.at.y !== 13 || !far(before) },
    sometimes: {
      "the far corner": end,
      "half way": (s) => {
        if (breaks === "predicate" && far(s)) throw new Error("no answer");
        return s.at.x === SIDE / 2 && s.at.y === SIDE / 2;
      },
    },
    constraint: (s) => s.at.x + s.at.y < side + 9,
    stepConstraint: (before, after) => before.at.z !== 5 || after.at.x < 13,
    deadlock: (s) => end(s) || breaks !== "deadlock",
    ...(symmetric ? { symmetry: [["x", "y"]] } : {}),
  });
}
