// What a protocol is: a world that holds the engine's own machines beside an abstract store, the moves that may happen in it, and what must
// hold. It becomes a subject for the explorer here. Which moves there are is each protocol's business.
import { hash128 } from "@evenkeel/core/engine";
import type { Invariant, Space, StepProperty, Subject, Witness } from "../space.ts";

export type Next<World> = (move: string, next: World, detail: string) => void;

/** The world after these moves, each by the beginning of its name and detail: an exploration may begin later than at the beginning of all. */
export function led<World>(world: World, moves: readonly string[], expand: (world: World, next: Next<World>) => void): World {
  return moves.reduce((at, wanted) => {
    const found: World[] = [];
    const there: string[] = [];
    expand(at, (move, next, detail) => {
      there.push(`${move} ${detail}`);
      if (`${move} ${detail}`.startsWith(wanted)) found.push(next);
    });
    const [first] = found;
    if (first === undefined) throw new Error(`Nothing begins with '${wanted}'; what may happen: ${there.join("; ")}`);
    return first;
  }, world);
}

interface Protocol<World> {
  readonly name: string;
  readonly initial: World;
  /** The names of the moves. */
  readonly moves: readonly string[];
  expand(world: World, next: Next<World>): void;
  /** One text per class of worlds that differ only in what nobody can tell apart: which numbers epochs, ids and clocks have come to. */
  form(world: World): string;
  readonly invariants: readonly Invariant<World>[];
  readonly steps: readonly StepProperty<World>[];
  readonly witnesses: readonly Witness<World>[];
  /** A world in which nothing can happen any more must be one of these. */
  done(world: World): boolean;
  readonly assumptions: readonly string[];
  show(world: World): unknown;
}

export function subjectOf<World>(protocol: Protocol<World>): Subject<World> {
  const indices = new Map(protocol.moves.map((name, index) => [name, index]));
  const space: Space<World> = {
    actions: protocol.moves,
    initials: () => [protocol.initial],
    expand: (world, to) => {
      protocol.expand(world, (move, next, detail) => {
        const index = indices.get(move);
        if (index === undefined) throw new Error(`The protocol '${protocol.name}' has no move '${move}'.`);
        to(index, next, detail);
      });
    },
    fingerprint: (world, into, seed) => {
      const words = hash128(protocol.form(world), seed);
      for (let index = 0; index < into.length; index++) into[index] = words[index % 4] ?? 0;
    },
  };
  const { invariants, steps, witnesses } = protocol;
  return {
    name: protocol.name,
    space,
    properties: {
      invariants, steps, witnesses, temporal: [], fairness: { weak: [], strong: [] }, deadlock: { done: (world) => protocol.done(world) },
      constraint: null, stepConstraint: null,
    },
    assumptions: protocol.assumptions,
    show: (world) => protocol.show(world),
  };
}
