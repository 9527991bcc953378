// A worker is lost with the calls that it holds in memory, and another takes their key over: it revives the key where that was noted, so that
// the handler requests them anew. What was under way then has had its effect, is on its way to it, or never had one.
import { keyRevival, type NewCall } from "@evenkeel/core/engine";
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

/** What the calls under way came to that nobody has heard of. */
interface Ending { readonly after: World; readonly effects: readonly { readonly call: NewCall; readonly name: string }[] }

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

  /** Whether anything would be lost, or is to be revived. @param held all that the owner of one key may hold. */
  moves(world: World, held: readonly LineCell[]): boolean {
    const stimulus = this.#stimulusOf(world, held);
    return stimulus !== null && this.#parts.door.allows(world, stimulus, "takeovers");
  }

  expand(world: World, held: readonly LineCell[], to: Steps<World>): void {
    const { plan, actions } = this.#parts;
    const [first] = held;
    if (first === undefined) return;
    const service = plan.system.groups[first.group]?.name ?? "";
    for (const { after, effects } of this.#endings(world, held)) {
      const [one] = effects;
      const action = one === undefined ? actions.takeover : actions.of(`${one.call.operation} is performed: ${one.name}, and its worker is lost with it`);
      const calls = effects.map(({ call }) => call);
      to(action, this.#takenOver(after, held), { kind: "takenOver", service, tenant: first.tenant, key: first.routingKey, calls });
    }
  }

  /** Of the calls that were under way together, any may have had its effect, each in every way that it may. */
  #endings(world: World, held: readonly LineCell[]): readonly Ending[] {
    let endings: readonly Ending[] = [{ after: world, effects: [] }];
    for (const line of held) {
      const row = line.in(world)?.[0];
      if (row === undefined) continue;
      endings = endings.flatMap((one) => [one, ...this.#parts.calls.mayHaveHappened(one.after, row).map(({ name, after }) =>
        ({ after, effects: [...one.effects, { call: row.call, name }] }))]);
    }
    return endings;
  }

  #takenOver(world: World, held: readonly LineCell[]): World {
    const { plan, cells, messages, door } = this.#parts;
    const next = world.fork();
    const stimulus = this.#stimulusOf(world, held);
    const [first] = held;
    if (first === undefined || stimulus === null) return next;
    const { group, tenant, routingKey: key } = first;
    const name = plan.system.groups[group]?.name ?? "";
    const cell = cells.epoch(group, name, tenant, key);
    const epoch = (cell.in(world) ?? 0) + 1;
    next.set(cell, cell.number(String(epoch), () => epoch));
    for (const line of held) next.set(line, NOTHING);
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
  #stimulusOf(world: World, held: readonly LineCell[]): number | null {
    const [first] = held;
    if (first === undefined) return null;
    const row: CallRow | undefined = held.flatMap((line) => line.in(world) ?? [])[0];
    const { plan, cells } = this.#parts;
    const name = plan.system.groups[first.group]?.name ?? "";
    return row?.stimulus ?? cells.note(first.group, name, first.tenant, first.routingKey).in(world)?.stimulus ?? null;
  }
}
