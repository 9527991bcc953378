// A system as a space to explore: every step that can come next, in a fixed order. Which key is served next, which stimulus arrives, which
// timer fires and what the provider does are the choices; what a step does is decided elsewhere.
import type { Space, StateCodec, Words } from "../space.ts";
import { Actions } from "./actions.ts";
import { Calls } from "./calls.ts";
import { NOTHING, World, type Cell } from "./cell.ts";
import type { Cells } from "./cells.ts";
import { append } from "./append.ts";
import type { ArmedTimer, CallRow, KnownMessage, LineCell, QueueCell } from "./contents.ts";
import type { Definition } from "./definitions.ts";
import { Deliveries } from "./deliveries.ts";
import type { Messages } from "./messages.ts";
import { Movers, type Mover } from "./movers.ts";
import type { Plan } from "./plan.ts";
import type { Runs } from "./runs.ts";
import type { StepDetail, Steps } from "./step-detail.ts";
import { Door } from "./stimuli.ts";
import { Takeovers } from "./takeovers.ts";
import { WorldCodec } from "./world-codec.ts";
import { Wrongs, type Delivery } from "../mutation/wrongs.ts";

export class SystemSpace implements Space<World> {
  readonly actions: readonly string[];
  /** Everything that was ever seen to move. */
  readonly known: Movers;
  readonly #plan: Plan;
  readonly #cells: Cells;
  readonly #messages: Messages;
  readonly #door: Door;
  readonly #deliveries: Deliveries;
  readonly #calls: Calls;
  readonly #takeovers: Takeovers;
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
    this.known = new Movers(plan);
    this.#deliveries = new Deliveries(plan, cells, runs, this.#door);
    this.#calls = new Calls(plan, cells, messages, this.#door, this.#actions);
    this.#takeovers = new Takeovers({ plan, cells, messages, door: this.#door, calls: this.#calls, actions: this.#actions });
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
    const movers = this.movers(world);
    for (const [index, mover] of movers.entries()) {
      const pending = this.move(world, mover, to);
      // From the first handler that must be run on, the rest is awaited; all others follow at once.
      if (pending !== undefined) return this.#expandLater(world, movers.slice(index + 1), pending, to);
    }
    return this.#wrongs?.expand(world, this.#deliverable(world), to);
  }

  async #expandLater(world: World, rest: readonly Mover[], first: Promise<void>, to: Steps<World>): Promise<void> {
    await first;
    for (const mover of rest) await this.move(world, mover, to);
    await this.#wrongs?.expand(world, this.#deliverable(world), to);
  }

  /** All that can move now, in a fixed order: arrivals, messages, calls, late effects, timers, breakdowns. */
  movers(world: World): Mover[] {
    const found: Mover[] = [];
    for (const index of this.#plan.stimuli.keys()) {
      const repeats = (): Mover | undefined => (this.#door.repeat(world, index) === null ? undefined : this.known.repeat(index));
      const mover = this.#door.has(world, index) ? repeats() : this.#mayArrive(world, index) ? this.known.arrival(index) : undefined;
      if (mover !== undefined) found.push(mover);
    }
    for (const cell of this.#cells.queues) {
      const message = this.#head(world, cell);
      if (message !== null) found.push(this.known.head("handles", cell, message));
    }
    for (const line of this.#cells.lines) {
      const row = line.in(world)?.[0];
      if (row !== undefined && this.#calls.moves(row)) found.push(this.mover(line, row));
    }
    for (const effect of this.#cells.effects) if ((effect.in(world)?.late ?? "no") !== "no") found.push(this.known.late(effect));
    for (const timer of this.#cells.timers) if (timer.in(world) !== undefined) found.push(this.known.timer(timer));
    const { poisons, redrives, takeovers } = this.#plan.budgets;
    // What was decided and is not committed is refused once its ownership is gone.
    if (takeovers > 0 && this.#wrongs?.isWaiting(world) !== true) {
      for (const held of this.#cells.heldTogether()) if (this.#takeovers.moves(world, held)) found.push(this.known.takeover(held));
    }
    if (poisons + redrives > 0) this.#breakdowns(world, found);
    return found;
  }

  mover(line: LineCell, { call, stimulus }: CallRow): Mover {
    return this.known.call(line, call.id, stimulus, this.#cells.effect(call));
  }

  /** All that this cell, with what it holds in this world, has under way: what can move because of it, now or later. */
  underWay(world: World, index: number): readonly Mover[] {
    const queue = this.#cells.queueAt(index);
    if (queue !== undefined) return (queue.in(world)?.messages ?? []).flatMap((message) => this.known.heads(queue, message));
    const effect = this.#cells.effectAt(index);
    if (effect !== undefined) return (effect.in(world)?.late ?? "no") === "no" ? [] : [this.known.late(effect)];
    const line = this.#cells.lines.find((one) => one.index === index);
    if (line !== undefined) return (line.in(world) ?? []).map((row) => this.mover(line, row));
    const timer = this.#cells.timers.find((one) => one.index === index);
    if (timer !== undefined) return timer.in(world) === undefined ? [] : [this.known.timer(timer)];
    const stimulus = this.#cells.stimuli.findIndex((one) => one.index === index);
    const repeats = (): Mover | undefined => (this.#door.mayRepeat(world, stimulus) ? this.known.repeat(stimulus) : undefined);
    const mover = this.#door.has(world, stimulus) ? repeats() : this.known.arrival(stimulus);
    return mover === undefined ? [] : [mover];
  }

  /** Every step of one that can move now. */
  move(world: World, mover: Mover, to: Steps<World>): void | Promise<void> {
    switch (mover.kind) {
      case "arrives": return this.#arrive(world, mover.stimulus, to);
      case "arrivesAgain": return this.#arriveAgain(world, mover.stimulus, to);
      case "handles": return this.#handle(world, mover.queue, mover.message, to);
      case "killed":
      case "redriven": return this.#breakDown(world, mover.kind, mover.queue, to);
      case "fires": return this.#fire(world, mover.timer, to);
      case "takenOver": return this.#takeovers.expand(world, mover.held, to);
      case "lands": {
        const known = mover.effect.in(world);
        if (known !== undefined) this.#calls.land(world, mover.effect, known, to);
        return;
      }
      case "calls": {
        const row = mover.line.in(world)?.[0];
        if (row !== undefined) this.#calls.expand(world, mover.line, row, to);
      }
    }
  }

  #handle(world: World, cell: QueueCell, message: KnownMessage, to: Steps<World>): void | Promise<void> {
    const { definitions } = this.#plan.system.groups[cell.group] ?? { definitions: [] };
    for (const [index, definition] of definitions.entries()) {
      if (!definition.handles.has(message.envelope.name)) continue;
      const next = this.#deliver(world, { cell, message, definition });
      if (next instanceof Promise) return this.#handleLater(world, { cell, message, definition }, next, definitions.slice(index + 1), to);
      to(this.#actions.handling(definition, message), next, handled({ cell, message, definition }));
    }
  }

  async #handleLater(world: World, first: Delivery, pending: Promise<World>, rest: readonly Definition[], to: Steps<World>): Promise<void> {
    to(this.#actions.handling(first.definition, first.message), await pending, handled(first));
    for (const definition of rest) {
      const one = { ...first, definition };
      if (!definition.handles.has(first.message.envelope.name)) continue;
      to(this.#actions.handling(definition, first.message), await this.#deliver(world, one), handled(one));
    }
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

  /** Keys that were taken over and not revived, because that is done wrong on purpose. */
  get forgotten(): number {
    return this.#takeovers.forgotten;
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
      const message = this.#head(world, cell);
      if (message === null) continue;
      for (const definition of this.#plan.system.groups[cell.group]?.definitions ?? []) {
        if (definition.handles.has(message.envelope.name)) found.push({ cell, message, definition });
      }
    }
    return found;
  }

  /** The message that a group may take from this queue now. */
  #head(world: World, cell: QueueCell): KnownMessage | null {
    const number = world.numbers[cell.index] ?? NOTHING;
    if (number === NOTHING || this.#wrongs?.holds(world, cell) === true) return null;
    const queue = cell.value(number);
    return queue === undefined ? null : this.#deliveries.head(queue);
  }

  #call(world: World): { line: Cells["lines"][number]; row: NonNullable<ReturnType<Cells["lines"][number]["in"]>>[number] } | null {
    for (const line of this.#cells.lines) {
      const row = line.in(world)?.[0];
      if (row !== undefined && this.#calls.moves(row)) return { line, row };
    }
    return null;
  }

  #mayArrive(world: World, index: number): boolean {
    const follows = this.#plan.stimuli[index]?.follows ?? null;
    return follows === null || this.#following(world, follows).length > 0;
  }

  /** What the outside may send because of what it did. */
  #following(world: World, follows: NonNullable<Plan["stimuli"][number]["follows"]>): readonly KnownMessage[] {
    return this.#cells.effects.flatMap((cell) => {
      const effect = cell.in(world);
      return (effect === undefined ? null : follows(effect)) ?? [];
    });
  }

  #arrive(world: World, index: number, to: Steps<World>): void {
    const follows = this.#plan.stimuli[index]?.follows ?? null;
    for (const message of follows === null ? [] : this.#following(world, follows)) {
      to(this.#actions.reaction, this.#door.arrive(world, index, 0, message), { kind: "arrived", message: message.envelope, stimulus: index, again: false, isReaction: true });
    }
    for (const [variant, message] of (this.#plan.stimuli[index]?.variants ?? []).entries()) {
      to(this.#actions.of(`${message.envelope.name} arrives`), this.#door.arrive(world, index, variant, message), { kind: "arrived", message: message.envelope, stimulus: index, again: false });
    }
  }

  #arriveAgain(world: World, index: number, to: Steps<World>): void {
    const again = this.#door.repeat(world, index);
    if (again === null) return;
    const { repeat, message } = again;
    const next = this.#door.arriveAgain(world, index, repeat, message);
    to(this.#actions.of(`${message.envelope.name} arrives again`), next, { kind: "arrived", message: message.envelope, stimulus: index, again: true });
  }

  #fire(world: World, timer: Cell<ArmedTimer>, to: Steps<World>): void {
    const armed = timer.in(world);
    if (armed === undefined) return;
    const next = world.fork();
    next.set(timer, NOTHING);
    append(next, armed.message);
    to(this.#actions.timer, next, { kind: "fired", message: armed.message.envelope });
  }

  #breakdowns(world: World, found: Mover[]): void {
    for (const cell of this.#cells.queues) {
      const queue = cell.in(world);
      const message = queue?.messages[0];
      if (queue === undefined || message === undefined) continue;
      const isDead = queue.parked?.isDead === true;
      if (this.#door.allows(world, message.stimulus, isDead ? "redrives" : "poisons")) found.push(this.known.head(isDead ? "redriven" : "killed", cell, message));
    }
  }

  #breakDown(world: World, kind: "killed" | "redriven", cell: QueueCell, to: Steps<World>): void {
    const queue = cell.in(world);
    const message = queue?.messages[0];
    if (queue === undefined || message === undefined) return;
    const of = { kind, service: this.#plan.system.groups[cell.group]?.name ?? "", message: message.envelope };
    if (kind === "killed") to(this.#actions.poison, this.#deliveries.poison(world, cell, message), of);
    else if (queue.parked !== null) to(this.#actions.redrive, this.#deliveries.redrive(world, cell, message, queue.parked), of);
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
