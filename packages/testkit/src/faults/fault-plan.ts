// What goes wrong, and when: a plan names the fault of each commit, publish and change of a shared breaker in the order they begin, either
// spelled out or drawn from a seed. It injects nothing by itself.
import { randomOf } from "../store/random.ts";

/**
 * A change of a breaker has no value for `inDoubt`: it throws `STORE_UNAVAILABLE` then.
 *
 * - `unavailable`: throws `STORE_UNAVAILABLE` before anything happened.
 * - `inDoubtDone`: it happened, and the answer is `inDoubt`.
 * - `inDoubtUndone`: it did not happen, and the answer is `inDoubt`.
 * - `inDoubtLate`: the answer is `inDoubt`, and it happens `lateMs` afterwards, as a commit that was under way when its connection
 *   broke.
 * - `delay`: `beforeMs` pass before it happens, and `afterMs` before the answer.
 */
export type Fault =
  | { readonly kind: "unavailable" }
  | { readonly kind: "inDoubtDone" }
  | { readonly kind: "inDoubtUndone" }
  | { readonly kind: "inDoubtLate"; readonly lateMs: number }
  | { readonly kind: "delay"; readonly beforeMs: number; readonly afterMs: number };

/** Where faults can be injected. */
export type FaultPoint = "commit" | "publish" | "breaker";

export interface FaultPlan {
  /** The fault of the next one at this point, or null to let it pass. Called once for each, as it begins. */
  next(point: FaultPoint): Fault | null;
}

/**
 * Faults spelled out: the first commit gets the first of `commit`, and so on; what comes after the lists passes.
 *
 * @example plannedFaults({ commit: [null, { kind: "inDoubtDone" }] }) // the second commit is in doubt although it happened
 */
export function plannedFaults(lists: Partial<Readonly<Record<FaultPoint, readonly (Fault | null)[]>>>): FaultPlan {
  const index = { commit: 0, publish: 0, breaker: 0 };
  return { next: (point) => lists[point]?.[index[point]++] ?? null };
}

export interface SeededFaults {
  readonly seed: number;
  /** How many of the commits and publishes meet a fault, in [0, 1]. */
  readonly rate: number;
  /** The longest delay drawn, in milliseconds; default 20. */
  readonly maxDelayMs?: number;
  /** The kinds to draw from; default: all. */
  readonly kinds?: readonly Fault["kind"][];
}

const KINDS: readonly Fault["kind"][] = ["unavailable", "inDoubtDone", "inDoubtUndone", "inDoubtLate", "delay"];

/** Faults drawn from a seed: the same seed and order of operations give the same faults. */
export function seededFaults(options: SeededFaults): FaultPlan {
  const random = randomOf(options.seed);
  const { kinds = KINDS, maxDelayMs = 20 } = options;
  const delay = (): number => random.below(maxDelayMs + 1);
  return {
    next: () => {
      if (kinds.length === 0 || !random.chance(options.rate)) return null;
      const kind = random.pick(kinds);
      switch (kind) {
        case "inDoubtLate": return { kind, lateMs: delay() };
        case "delay": return { kind, beforeMs: delay(), afterMs: delay() };
        case "unavailable":
        case "inDoubtDone":
        case "inDoubtUndone": return { kind };
      }
    },
  };
}
