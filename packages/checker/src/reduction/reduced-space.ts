// A system's space with less of it to see: fewer movers where those are enough, worlds that differ only in what is over as one, worlds that
// are each other's mirror as one. It rests on what is known of footprints when a round begins; a round that learns more must be repeated.
import { VisitedSet } from "../explore/visited.ts";
import type { Space, Transitions, Words } from "../space.ts";
import { NOTHING, type Cell, type World } from "../system/cell.ts";
import { answerWords } from "./answer-words.ts";
import { Chooser } from "./chooser.ts";
import type { Footprints } from "./footprints.ts";
import type { Mirrors } from "./mirrors.ts";
import { Relations, type ReducedParts } from "./relations.ts";
import { ALL_KEPT, Retirement, type Kept } from "./retirement.ts";

export interface Reductions {
  readonly partialOrder: boolean;
  readonly retired: boolean;
  readonly mirrors: Mirrors | null;
}

const RETIRED = "\u0002retired";

export class ReducedSpace implements Space<World> {
  readonly actions: readonly string[];
  readonly #parts: ReducedParts;
  readonly #footprints: Footprints;
  readonly #on: Reductions;
  #chooser: Chooser | null = null;
  #retirement: Retirement | null = null;
  /** Worlds that were expanded, and those of them that were expanded as a whole because nothing that was chosen leads on. */
  #expanded = new VisitedSet(64);
  #whole = new Set<string>();
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
    this.#expanded = new VisitedSet(64);
    this.#whole = new Set();
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
    const chosen = this.#chooser?.choose(world, movers) ?? movers;
    const words = this.#idOf(world);
    const slot = this.#expanded.slotOf(words);
    const isAgain = this.#expanded.idAt(slot) >= 0;
    if (!isAgain) this.#expanded.insert(slot, words);
    const id = words.join();
    const all = isAgain && this.#whole.has(id) ? movers : chosen;
    let leadsOn = false;
    const learn = (mover: (typeof movers)[number], judge: boolean) => (action: number, next: World, detail: unknown): void => {
      this.#footprints.learn(mover, world, next);
      if (judge && !leadsOn) leadsOn = this.#expanded.idOf(this.#idOf(next)) < 0;
      to(action, next, detail);
    };
    const judges = !isAgain && chosen.length < movers.length;
    const rest = (): void | Promise<void> => {
      if (!judges) return;
      if (leadsOn) {
        this.leftOut += movers.length - chosen.length;
        return;
      }
      // All that was chosen leads back: what was put off would be put off for ever.
      this.#whole.add(id);
      return inOrder(movers.filter((mover) => !chosen.includes(mover)), (mover) => space.move(world, mover, learn(mover, false)));
    };
    const pending = inOrder(isAgain && all === movers ? [...chosen, ...movers.filter((mover) => !chosen.includes(mover))] : all,
      (mover) => space.move(world, mover, learn(mover, judges)));
    return pending === undefined ? rest() : pending.then(rest);
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
    this.#on.mirrors?.least(world, kept, into);
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
