// The properties of a check as the explorer asks them: of the whole world, or of what in it belongs to each key. It remembers answers, and
// keeps everything that is asked in one list, for those that must know what a step is visible to.
import type { InvariantDefinition, Predicate } from "../model/definition.ts";
import type { Invariant, Properties, StepProperty, Witness } from "../space.ts";
import { Asked, BROKEN, type Answer } from "./asked.ts";
import type { World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import { keysIn } from "./parts.ts";
import type { Viewer } from "./view.ts";

/** The properties of a definition with their types spent: each is asked about a view. */
export interface GivenProperties {
  readonly name?: string;
  readonly invariants?: Readonly<Record<string, InvariantDefinition<never>>>;
  readonly steps?: Readonly<Record<string, (before: never, after: never, step: string) => boolean>>;
  readonly sometimes?: Readonly<Record<string, Predicate<never>>>;
  readonly eventually?: Readonly<Record<string, Predicate<never>>>;
  readonly reductions?: GivenReductions;
  readonly perKey?: {
    readonly invariants?: Readonly<Record<string, KeyedInvariant>>;
    readonly eventually?: Readonly<Record<string, KeyedPredicate>>;
  };
}

/** What may be done to see less of a system than all of it. */
export interface GivenReductions {
  readonly partialOrder?: boolean;
  readonly retired?: boolean;
}

type KeyedPredicate = (view: never, key: string) => boolean;
type KeyedInvariant = KeyedPredicate | { readonly when: KeyedPredicate; readonly then: KeyedPredicate };

/** `always`: in every world. `atRest`: where nothing has to happen any more. `seen`: of some world, and it was not yet. */
type Kind = "always" | "atRest" | "seen";

export class SystemProperties {
  readonly forExplorer: Properties<World>;
  /** What is asked, each of the whole world or of one key. It grows as keys are met. */
  readonly asked: { readonly kind: Kind; readonly number: number; readonly asked: Asked }[] = [];
  /** The parts of the world that step properties have ever looked at. */
  readonly stepsLookAt = new Set<string>();
  /** Witnesses that some world has shown. */
  readonly shown = new Set<string>();
  readonly #cells: Cells;
  readonly #viewer: Viewer;
  #properties = 0;
  #keysOf: World | null = null;
  #keys: readonly string[] = [];

  constructor({ invariants = {}, perKey = {}, steps = {}, sometimes = {}, eventually = {} }: GivenProperties, cells: Cells, viewer: Viewer) {
    this.#cells = cells;
    this.#viewer = viewer;
    this.forExplorer = {
      invariants: [
        ...Object.entries(invariants).map(([name, one]) => this.#invariant(name, this.#whole("always", name, one), typeof one !== "function")),
        ...Object.entries(perKey.invariants ?? {}).map(([name, one]) => this.#invariant(name, this.#keyed("always", name, one), typeof one !== "function")),
        ...Object.entries(eventually).map(([name, goal]) => this.#settled(name, this.#whole("atRest", name, goal))),
        ...Object.entries(perKey.eventually ?? {}).map(([name, goal]) => this.#settled(name, this.#keyed("atRest", name, goal))),
      ],
      steps: Object.entries(steps).map(([name, holds]) => this.#step(name, holds)),
      witnesses: Object.entries(sometimes).map(([name, holds]) => this.#witness(name, holds)),
      temporal: [], fairness: { weak: [], strong: [] }, deadlock: "allowed", constraint: null, stepConstraint: null,
    };
  }

  #invariant(name: string, of: (world: World) => Answer, isConditional: boolean): Invariant<World> {
    const holds = (world: World): boolean => of(world) !== BROKEN;
    return isConditional ? { name, holds, when: (world) => of(world) !== 0 } : { name, holds };
  }

  #settled(name: string, goal: (world: World) => Answer): Invariant<World> {
    return { name, when: (world) => isQuiet(this.#viewer.of(world)), holds: (world) => goal(world) !== BROKEN };
  }

  #step(name: string, holds: (before: never, after: never, step: string) => boolean): StepProperty<World> {
    return {
      name,
      holds: (before, after, step) => {
        this.#viewer.reader = this.stepsLookAt;
        try {
          return holds(this.#viewer.of(before) as never, this.#viewer.of(after) as never, step);
        } finally {
          this.#viewer.reader = null;
        }
      },
    };
  }

  /** What one search has shown needs not be shown by the next. */
  #witness(name: string, holds: Predicate<never>): Witness<World> {
    const of = this.#whole("seen", name, holds);
    return {
      name,
      holds: (world) => {
        if (this.shown.has(name)) return true;
        if (of(world) === BROKEN) return false;
        this.shown.add(name);
        return true;
      },
    };
  }

  #whole(kind: Kind, name: string, given: InvariantDefinition<never>): (world: World) => Answer {
    const asked = new Asked(name, null, answering(given, null), this.#cells, this.#viewer);
    this.asked.push({ kind, number: this.#properties++, asked });
    return (world) => asked.of(world);
  }

  /** Asked of each key for itself: broken where one is, and said nothing where none says anything. */
  #keyed(kind: Kind, name: string, given: KeyedInvariant): (world: World) => Answer {
    const number = this.#properties++;
    const byKey = new Map<string, Asked>();
    const parts = new Set<string>();
    return (world) => {
      let all: Answer = 0;
      for (const key of this.#keysIn(world)) {
        let asked = byKey.get(key);
        if (asked === undefined) {
          asked = new Asked(name, key, answering(given, key), this.#cells, this.#viewer, parts);
          byKey.set(key, asked);
          this.asked.push({ kind, number, asked });
        }
        const answer = asked.of(world);
        if (answer === BROKEN) return BROKEN;
        if (answer === 1) all = 1;
      }
      return all;
    };
  }

  #keysIn(world: World): readonly string[] {
    if (this.#keysOf !== world) {
      this.#keys = keysIn(world, this.#cells);
      this.#keysOf = world;
    }
    return this.#keys;
  }
}

function answering(given: KeyedInvariant | InvariantDefinition<never>, key: string | null): (view: object) => Answer {
  const { when, then } = typeof given === "function" ? { when: null, then: given } : given;
  // What is asked of the whole world takes no key.
  return (view) => {
    if (when !== null && !when(view as never, key as never)) return 0;
    return then(view as never, key as never) ? 1 : BROKEN;
  };
}

/** Every view has it. */
function isQuiet(view: object): boolean {
  return "isQuiet" in view && view.isQuiet === true;
}
