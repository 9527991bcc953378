// The steps that there are only because something is done wrong on purpose: a call that is made before its commit, and a service that
// decides at one time and commits at another, whatever was written meanwhile. The engine makes both impossible; this is what it would be like.
import type { Actions } from "../system/actions.ts";
import type { Calls } from "../system/calls.ts";
import { NOTHING, type World } from "../system/cell.ts";
import type { Cells } from "../system/cells.ts";
import type { KnownMessage, QueueCell, RunEnd } from "../system/contents.ts";
import type { Definition } from "../system/definitions.ts";
import type { Deliveries } from "../system/deliveries.ts";
import type { Runs } from "../system/runs.ts";
import type { Steps } from "../system/step-detail.ts";
import type { Mutation } from "./mutation.ts";

/** A delivery that is possible: by one definition of the group. */
export interface Delivery { readonly cell: QueueCell; readonly message: KnownMessage; readonly definition: Definition }

interface Parts {
  readonly cells: Cells;
  readonly runs: Runs;
  readonly deliveries: Deliveries;
  readonly calls: Calls;
  readonly actions: Actions;
}

export class Wrongs {
  readonly #mutation: Mutation;
  readonly #parts: Parts;
  readonly #numbers = new Map<RunEnd, number>();

  constructor(mutation: Mutation, parts: Parts) {
    this.#mutation = mutation;
    this.#parts = parts;
  }

  /** Whether the head of a queue was decided and has not taken effect. */
  holds(world: World, queue: QueueCell): boolean {
    return this.#mutation.kind === "writesStale" && this.#parts.cells.decided(queue).in(world) !== undefined;
  }

  isWaiting(world: World): boolean {
    return this.#mutation.kind === "writesStale" && this.#parts.cells.queues.some((queue) => this.holds(world, queue));
  }

  async expand(world: World, deliveries: readonly Delivery[], to: Steps<World>): Promise<void> {
    const mutation = this.#mutation;
    if (mutation.kind === "callsEarly") for (const one of deliveries) await this.#callEarly(world, one, mutation.operation, to);
    if (mutation.kind !== "writesStale") return;
    for (const one of deliveries) if (one.definition.service.name === mutation.service) await this.#decide(world, one, mutation.service, to);
    await this.#commit(world, mutation.service, to);
  }

  async #callEarly(world: World, { message, definition }: Delivery, operation: string, to: Steps<World>): Promise<void> {
    const { runs, calls, actions } = this.#parts;
    const end = await runs.run(definition, message, world);
    if (end.kind === "failed") return;
    for (const { row } of end.effects.calls) {
      if (row.call.operation !== operation) continue;
      const next = calls.early(world, row);
      if (next === null) continue;
      runs.mutated++;
      to(actions.of(`${operation} is called before its commit`), next, { kind: "performed", service: definition.service.name, call: row.call, end: "ok", workerDied: true });
    }
  }

  async #decide(world: World, { cell, message, definition }: Delivery, service: string, to: Steps<World>): Promise<void> {
    const { runs, cells, actions } = this.#parts;
    const end = await runs.run(definition, message, world);
    // Where nothing is written there is nothing that could be stale.
    if (end.kind === "failed" || end.effects.isEmpty) return;
    const next = world.fork();
    const known = this.#numbers.get(end) ?? this.#numbers.size;
    this.#numbers.set(end, known);
    const decided = cells.decided(cell);
    next.set(decided, decided.number(`${message.digest} ${String(known)}`, () => ({ message, definition, end })));
    to(actions.of(`${service} decides, and does not commit yet`), next, { kind: "handled", service, message: message.envelope });
  }

  async #commit(world: World, service: string, to: Steps<World>): Promise<void> {
    const { cells, runs, deliveries, actions } = this.#parts;
    for (const queue of cells.queues) {
      const decided = cells.decided(queue);
      const held = decided.in(world);
      if (held === undefined) continue;
      // Had it read now, it would have decided otherwise: only then is it stale.
      if ((await runs.run(held.definition, held.message, world)) !== held.end) runs.mutated++;
      const free = world.fork();
      free.set(decided, NOTHING);
      to(actions.of(`${service} commits what it decided`), deliveries.apply(free, queue, held.message, held.end), { kind: "handled", service, message: held.message.envelope });
    }
  }
}
