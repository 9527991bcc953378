// A worker is lost with the calls that it holds in memory, and another takes their key over: it revives the key where that was noted, so that
// the handler requests them anew. What was under way then has had its effect, is on its way to it, or never had one.
import { keyRevival } from "@evenkeel/core/engine";
import type { Actions } from "./actions.ts";
import { append } from "./append.ts";
import type { Calls } from "./calls.ts";
import { NOTHING, type World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import type { CallRow, LineCell } from "./contents.ts";
import type { Messages } from "./messages.ts";
import type { Plan } from "./plan.ts";
import type { Steps } from "./step-detail.ts";
import type { Door } from "./stimuli.ts";

interface Parts {
  readonly plan: Plan;
  readonly cells: Cells;
  readonly messages: Messages;
  readonly door: Door;
  readonly calls: Calls;
  readonly actions: Actions;
}

export class Takeovers {
  /** Keys that were taken over and not revived, because that is done wrong on purpose. */
  forgotten = 0;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether anything would be lost, or is to be revived. */
  moves(world: World, held: LineCell): boolean {
    const stimulus = this.#stimulusOf(world, held);
    return stimulus !== null && this.#parts.door.allows(world, stimulus, "takeovers");
  }

  expand(world: World, held: LineCell, to: Steps<World>): void {
    const { plan, calls, actions } = this.#parts;
    const service = plan.system.groups[held.group]?.name ?? "";
    const of = { kind: "takenOver", service, tenant: held.tenant, key: held.routingKey } as const;
    to(actions.takeover, this.#takenOver(world, held), { ...of, call: null });
    const row = held.in(world)?.[0];
    if (row === undefined) return;
    for (const { name, after } of calls.mayHaveHappened(world, row)) {
      to(actions.of(`${row.call.operation} is performed: ${name}, and its worker is lost with it`), this.#takenOver(after, held), { ...of, call: row.call });
    }
  }

  #takenOver(world: World, held: LineCell): World {
    const { plan, cells, messages, door } = this.#parts;
    const next = world.fork();
    const stimulus = this.#stimulusOf(world, held);
    if (stimulus === null) return next;
    const { group, tenant, routingKey: key } = held;
    const name = plan.system.groups[group]?.name ?? "";
    const cell = cells.epoch(group, name, tenant, key);
    const epoch = (cell.in(world) ?? 0) + 1;
    next.set(cell, cell.number(String(epoch), () => epoch));
    next.set(held, NOTHING);
    door.count(next, stimulus, "takeovers", 1);
    if (cells.note(group, name, tenant, key).in(world) === undefined) return next;
    if (plan.mutation?.kind === "revivesNothing" && plan.mutation.service === name) {
      this.forgotten++;
      return next;
    }
    // The first owner's epoch is 1.
    append(next, messages.know(keyRevival(name, { tenant, key, partition: 0 }, epoch + 1, plan.now), stimulus));
    return next;
  }

  /** Whose fault it would be; null: this key has nothing that could be lost. */
  #stimulusOf(world: World, held: LineCell): number | null {
    const [row]: readonly CallRow[] = held.in(world) ?? [];
    const { plan, cells } = this.#parts;
    const name = plan.system.groups[held.group]?.name ?? "";
    return row?.stimulus ?? cells.note(held.group, name, held.tenant, held.routingKey).in(world)?.stimulus ?? null;
  }
}
