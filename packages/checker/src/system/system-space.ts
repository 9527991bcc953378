// A system as a space to explore: every step that can come next, in a fixed order. Which key is served next, which stimulus arrives, which
// timer fires and what the provider does are the choices; what a step does is decided elsewhere.
import type { Space, StateCodec, Words } from "../space.ts";
import { Actions } from "./actions.ts";
import { Calls } from "./calls.ts";
import { NOTHING, World, type Cell } from "./cell.ts";
import type { Cells } from "./cells.ts";
import { append } from "./append.ts";
import type { ArmedTimer, KnownMessage } from "./contents.ts";
import { Deliveries } from "./deliveries.ts";
import type { Messages } from "./messages.ts";
import type { Plan } from "./plan.ts";
import type { Runs } from "./runs.ts";
import type { StepDetail, Steps } from "./step-detail.ts";
import { Door } from "./stimuli.ts";
import { WorldCodec } from "./world-codec.ts";
import { Wrongs, type Delivery } from "../mutation/wrongs.ts";

export class SystemSpace implements Space<World> {
  readonly actions: readonly string[];
  readonly #plan: Plan;
  readonly #cells: Cells;
  readonly #messages: Messages;
  readonly #door: Door;
  readonly #deliveries: Deliveries;
  readonly #calls: Calls;
  readonly #actions: Actions;
  /** What is done wrong on purpose. */
  readonly #wrongs: Wrongs | null;
  #initial: World = new World([]);
  #running: number | null = null;

  constructor(plan: Plan, cells: Cells, messages: Messages, runs: Runs) {
    this.#plan = plan;
    this.#cells = cells;
    this.#messages = messages;
    this.#door = new Door(plan, cells);
    this.#actions = new Actions(plan);
    this.#deliveries = new Deliveries(plan, cells, runs, this.#door);
    this.#calls = new Calls(plan, cells, messages, this.#door, this.#actions);
    this.actions = this.#actions.names;
    this.#wrongs = plan.mutation === null
      ? null
      : new Wrongs(plan.mutation, { cells, runs, deliveries: this.#deliveries, calls: this.#calls, actions: this.#actions });
  }

  /** Where the exploration begins. */
  start(world: World): void {
    this.#initial = world;
  }

  initials(): Iterable<World> {
    return [this.#initial];
  }

  running(): number | null {
    return this.#running;
  }

  codec(): StateCodec<World> {
    return new WorldCodec(this.#cells, this.#messages, this.#plan.twins.opaque);
  }

  fingerprint(world: World, into: Words, seed: number): void {
    const words = seed === this.#cells.seed ? [world.a, world.b, world.c, world.d] : this.#sum(world, seed);
    for (let index = 0; index < into.length; index++) into[index] = words[index] ?? 0;
  }

  expand(world: World, to: Steps<World>): void | Promise<void> {
    this.#arrivals(world, to);
    const deliveries = this.#deliverable(world);
    for (const [index, one] of deliveries.entries()) {
      const next = this.#deliver(world, one);
      // From the first handler that must be run on, the rest is awaited; all others follow at once.
      if (next instanceof Promise) return this.#expandLater(world, deliveries, index, next, to);
      to(this.#actions.handling(one.definition, one.message), next, handled(one));
    }
    this.#others(world, to);
    return this.#wrongs?.expand(world, deliveries, to);
  }

  async #expandLater(world: World, deliveries: readonly Delivery[], from: number, first: Promise<World>, to: Steps<World>): Promise<void> {
    for (const [index, one] of deliveries.entries()) {
      if (index < from) continue;
      const next = await (index === from ? first : this.#deliver(world, one));
      to(this.#actions.handling(one.definition, one.message), next, handled(one));
    }
    this.#others(world, to);
    await this.#wrongs?.expand(world, deliveries, to);
  }

  #deliver(world: World, { cell, message, definition }: Delivery): World | Promise<World> {
    this.#running = this.#actions.handling(definition, message);
    return this.#deliveries.deliver(world, cell, message, definition);
  }

  /** Runs what was given to its end, in order, with every call answered `ok`; timers stay armed. */
  async settle(messages: readonly KnownMessage[]): Promise<World> {
    let world = new World([]);
    for (const message of messages) {
      const next = world.fork();
      append(next, message);
      world = next;
      for (let delivery = this.#deliverable(world)[0], call = this.#call(world); delivery !== undefined || call !== null;) {
        if (delivery !== undefined) world = await this.#deliver(world, delivery);
        else if (call !== null) world = this.#calls.settle(world, call.line, call.row);
        delivery = this.#deliverable(world)[0];
        call = this.#call(world);
      }
    }
    return world;
  }

  /** Nothing is under way: no message can be handled, no call moves, no timer is armed, and every stimulus that must has arrived. */
  isAtRest(world: World): boolean {
    return this.#deliverable(world).length === 0 && this.#call(world) === null && this.#wrongs?.isWaiting(world) !== true
      && this.#cells.timers.every((timer) => timer.in(world) === undefined)
      && this.#cells.effects.every((effect) => (effect.in(world)?.late ?? "no") === "no")
      && this.#plan.stimuli.every((stimulus, index) => stimulus.isOptional || this.#door.has(world, index));
  }

  #deliverable(world: World): Delivery[] {
    const found: Delivery[] = [];
    for (const cell of this.#cells.queues) {
      const number = world.numbers[cell.index] ?? NOTHING;
      if (number === NOTHING) continue;
      const queue = cell.value(number);
      const message = queue === undefined ? null : this.#deliveries.head(queue);
      if (message === null || this.#wrongs?.holds(world, cell) === true) continue;
      for (const definition of this.#plan.system.groups[cell.group]?.definitions ?? []) {
        if (definition.handles.has(message.envelope.name)) found.push({ cell, message, definition });
      }
    }
    return found;
  }

  #call(world: World): { line: Cells["lines"][number]; row: NonNullable<ReturnType<Cells["lines"][number]["in"]>>[number] } | null {
    for (const line of this.#cells.lines) {
      const row = line.in(world)?.[0];
      if (row !== undefined && this.#calls.moves(row)) return { line, row };
    }
    return null;
  }

  #arrivals(world: World, to: Steps<World>): void {
    for (const [index, stimulus] of this.#plan.stimuli.entries()) {
      if (!this.#door.has(world, index)) {
        for (const [variant, message] of stimulus.variants.entries()) {
          to(this.#actions.of(`${message.envelope.name} arrives`), this.#door.arrive(world, index, variant, message), { kind: "arrived", message: message.envelope, stimulus: index, again: false });
        }
        continue;
      }
      const again = this.#door.repeat(world, index);
      if (again === null) continue;
      const { repeat, message } = again;
      const next = this.#door.arriveAgain(world, index, repeat, message);
      to(this.#actions.of(`${message.envelope.name} arrives again`), next, { kind: "arrived", message: message.envelope, stimulus: index, again: true });
    }
  }

  #others(world: World, to: Steps<World>): void {
    const { budgets } = this.#plan;
    for (const line of this.#cells.lines) {
      const row = line.in(world)?.[0];
      if (row !== undefined) this.#calls.expand(world, line, row, to);
    }
    for (const effect of this.#cells.effects) {
      const known = effect.in(world);
      if (known !== undefined && known.late !== "no") this.#calls.land(world, effect, known, to);
    }
    for (const timer of this.#cells.timers) this.#fire(world, timer, to);
    if (budgets.poisons + budgets.redrives > 0) this.#breakdowns(world, to);
  }

  #fire(world: World, timer: Cell<ArmedTimer>, to: Steps<World>): void {
    const armed = timer.in(world);
    if (armed === undefined) return;
    const next = world.fork();
    next.set(timer, NOTHING);
    append(next, armed.message);
    to(this.#actions.timer, next, { kind: "fired", message: armed.message.envelope });
  }

  #breakdowns(world: World, to: Steps<World>): void {
    for (const cell of this.#cells.queues) {
      const queue = cell.in(world);
      const message = queue?.messages[0];
      if (queue === undefined || message === undefined) continue;
      const of = { service: this.#plan.system.groups[cell.group]?.name ?? "", message: message.envelope };
      if (queue.parked?.isDead === true) {
        if (this.#door.allows(world, message.stimulus, "redrives")) {
          to(this.#actions.redrive, this.#deliveries.redrive(world, cell, message, queue.parked), { kind: "redriven", ...of });
        }
      } else if (this.#door.allows(world, message.stimulus, "poisons")) {
        to(this.#actions.poison, this.#deliveries.poison(world, cell, message), { kind: "killed", ...of });
      }
    }
  }

  /** The fingerprint under another seed than the cells were made with. */
  #sum(world: World, seed: number): readonly number[] {
    const sum = [0, 0, 0, 0];
    for (const cell of this.#cells.all) {
      const number = world.numbers[cell.index] ?? NOTHING;
      if (number === NOTHING) continue;
      const words = cell.hash(cell.content(number), seed);
      for (const [index, word] of words.entries()) sum[index] = ((sum[index] ?? 0) + word) | 0;
    }
    return sum;
  }
}

function handled({ definition, message }: Delivery): StepDetail {
  return { kind: "handled", service: definition.label, message: message.envelope };
}
