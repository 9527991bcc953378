// A system's space with less of it to see: fewer movers where those are enough, worlds that differ only in what is over as one. It rests
// on what is known of footprints when a round begins; a round that learns more must be repeated.
import { VisitedSet } from "../explore/visited.ts";
import type { Space, Transitions, Words } from "../space.ts";
import { NOTHING, type Cell, type World } from "../system/cell.ts";
import type { Mover } from "../system/movers.ts";
import { answerWords } from "./answer-words.ts";
import { Bits } from "./bits.ts";
import { Chooser } from "./chooser.ts";
import type { Footprints } from "./footprints.ts";
import { Postponed } from "./postponed.ts";
import { Relations, type ReducedParts } from "./relations.ts";
import { ALL_KEPT, Retirement, type Kept } from "./retirement.ts";

export interface Reductions {
  readonly partialOrder: boolean;
  readonly retired: boolean;
}

const RETIRED = "\u0002retired";

export class ReducedSpace implements Space<World> {
  readonly actions: readonly string[];
  readonly #parts: ReducedParts;
  readonly #footprints: Footprints;
  readonly #on: Reductions;
  #chooser: Chooser | null = null;
  #retirement: Retirement | null = null;
  /** The states of this round by their numbers, and the steps between them. */
  #seen = new VisitedSet(64);
  #expanded = new Bits();
  #postponed = new Postponed();
  /** States that are expanded as a whole, because an earlier round has put something off there for ever. */
  readonly #whole = new Set<string>();
  /** Every world that was met, told apart as it is. */
  #met = new VisitedSet(64);
  readonly #retiredWords: (readonly number[] | undefined)[] = [];
  readonly #sum = new Uint32Array(4);
  readonly #one: Words = new Uint32Array(2);
  /** Movers whose steps were not taken. */
  leftOut = 0;

  constructor(parts: ReducedParts, on: Reductions) {
    this.#parts = parts;
    this.#footprints = parts.footprints;
    this.#on = on;
    this.actions = parts.space.actions;
  }

  /** Grows with everything that a round rests on. */
  get knowledge(): number {
    const { space, cells, properties } = this.#parts;
    const parts = properties.asked.reduce((sum, { asked }) => sum + asked.parts.size, properties.asked.length + properties.stepsLookAt.size);
    return this.#footprints.version + space.known.all.length + cells.all.length + parts;
  }

  get met(): number {
    return this.#met.size;
  }

  /** Begins a round with all that is known by now. */
  begin(): void {
    const relations = new Relations(this.#parts);
    this.#chooser = this.#on.partialOrder ? new Chooser(this.#parts, relations) : null;
    this.#retirement = this.#on.retired ? new Retirement(this.#parts, relations) : null;
    this.#seen = new VisitedSet(64);
    this.#expanded = new Bits();
    this.#postponed = new Postponed();
    this.#met = new VisitedSet(64);
    this.leftOut = 0;
  }

  initials(): Iterable<World> {
    return this.#parts.space.initials();
  }

  running(): number | null {
    return this.#parts.space.running();
  }

  sameState(one: World, other: World): boolean {
    const length = Math.max(one.numbers.length, other.numbers.length);
    for (let index = 0; index < length; index += 1) if ((one.numbers[index] ?? NOTHING) !== (other.numbers[index] ?? NOTHING)) return false;
    return true;
  }

  codec(): ReturnType<ReducedParts["space"]["codec"]> {
    return this.#parts.space.codec();
  }

  expand(world: World, to: Transitions<World>): void | Promise<void> {
    const { space } = this.#parts;
    const movers = space.movers(world);
    if (this.#chooser === null) return inOrder(movers, (mover) => this.#move(world, mover, to, null));
    const words = this.#idOf(world);
    const chosen = this.#whole.has(words.join()) ? movers : this.#chooser.choose(world, movers);
    const from = this.#numberOf(words);
    // What is expanded again, to be compared or shown, was counted before.
    const isAgain = this.#expanded.has(from);
    this.#expanded.add(from);
    if (!isAgain) this.leftOut += movers.length - chosen.length;
    if (!isAgain && chosen.length === movers.length) this.#postponed.whole(from);
    return inOrder(chosen, (mover) => this.#move(world, mover, to, isAgain ? null : from));
  }

  #move(world: World, mover: Mover, to: Transitions<World>, from: number | null): void | Promise<void> {
    return this.#parts.space.move(world, mover, (action, next, detail) => {
      this.#footprints.learn(mover, world, next);
      if (from !== null) this.#postponed.step(from, this.#numberOf(this.#idOf(next)));
      to(action, next, detail);
    });
  }

  /** Has the next round expand as a whole what puts something off for ever. Returns whether there is anything like that. */
  recall(): boolean {
    if (this.#chooser === null) return false;
    const forEver = new Set(this.#postponed.forEver(this.#seen.size));
    if (forEver.size === 0) return false;
    for (const [number, id] of this.#seen.ids()) if (forEver.has(number)) this.#whole.add(id);
    return true;
  }

  #numberOf(words: Words): number {
    const slot = this.#seen.slotOf(words);
    const known = this.#seen.idAt(slot);
    return known >= 0 ? known : this.#seen.insert(slot, words);
  }

  fingerprint(world: World, into: Words, seed: number): void {
    const { space, cells } = this.#parts;
    if (seed !== cells.seed) throw new Error("A reduced system has one seed: this is a defect of the checker.");
    space.fingerprint(world, this.#one, seed);
    const slot = this.#met.slotOf(this.#one);
    if (this.#met.idAt(slot) < 0) this.#met.insert(slot, this.#one);
    this.#reduced(world, into);
  }

  #idOf(world: World): Words {
    const words: Words = new Uint32Array(2);
    this.#reduced(world, words);
    return words;
  }

  #reduced(world: World, into: Words): void {
    const kept = this.#retirement?.of(world) ?? ALL_KEPT;
    this.#plain(world, kept, this.#sum);
    into.set(this.#sum.subarray(0, into.length));
  }

  #plain(world: World, { retired, answers }: Kept, sum: Uint32Array): void {
    sum[0] = world.a;
    sum[1] = world.b;
    sum[2] = world.c;
    sum[3] = world.d;
    for (const cell of retired) {
      const out = (world.numbers[cell.index] ?? NOTHING) * 4;
      const instead = this.#wordsOf(cell);
      for (let word = 0; word < 4; word += 1) sum[word] = (sum[word] ?? 0) - (cell.words[out + word] ?? 0) + (instead[word] ?? 0);
    }
    for (const answer of answers) {
      const instead = answerWords(answer, answer.key, this.#parts.cells.seed);
      for (let word = 0; word < 4; word += 1) sum[word] = (sum[word] ?? 0) + (instead[word] ?? 0);
    }
  }

  #wordsOf(cell: Cell<unknown>): readonly number[] {
    return (this.#retiredWords[cell.index] ??= cell.hash(RETIRED, this.#parts.cells.seed));
  }
}

/** Does one after the other, and awaits only what must be awaited. */
function inOrder<Thing>(things: readonly Thing[], act: (thing: Thing) => void | Promise<void>): void | Promise<void> {
  for (const [index, thing] of things.entries()) {
    const pending = act(thing);
    if (pending !== undefined) return pending.then(() => inOrder(things.slice(index + 1), act));
  }
}
