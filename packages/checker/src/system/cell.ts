// Cells and worlds. A cell is one place of a system under check (a document, a queue, a call); everything a cell ever held is kept once,
// under a small number. A world is one number per cell, so a copy is a copy of numbers, and two worlds share all that they agree on. A
// world's fingerprint is the sum of its cells' hashes, kept as cells change. Nothing here knows what cells mean.
import { hash128 } from "@evenkeel/core/engine";

/** What every cell holds that was never written, and again after it was removed. */
export const NOTHING = 0;

const WORDS = 4;

export class Cell<Value> {
  /** The cell's place in a world. */
  readonly index: number;
  readonly key: string;
  readonly #seed: number;
  readonly #numbers = new Map<string, number>();
  readonly #values: (Value | undefined)[] = [undefined];
  readonly #contents: string[] = [""];
  /** Four words for each number, all 0 for nothing. */
  readonly words: number[] = [0, 0, 0, 0];

  constructor(index: number, key: string, seed: number) {
    this.index = index;
    this.key = key;
    this.#seed = seed;
  }

  /** The number of a value, which is told from others by its content alone. */
  number(content: string, make: () => Value): number {
    const known = this.#numbers.get(content);
    if (known !== undefined) return known;
    const made = this.#values.length;
    this.#numbers.set(content, made);
    this.#values.push(make());
    this.#contents.push(content);
    this.words.push(...this.hash(content, this.#seed));
    return made;
  }

  hash(content: string, seed: number): readonly [number, number, number, number] {
    return hash128(`${this.key}\u0001${content}`, seed);
  }

  value(number: number): Value | undefined {
    return this.#values[number];
  }

  content(number: number): string {
    return this.#contents[number] ?? "";
  }

  /** Numbers below this were given; 0 is nothing. */
  get count(): number {
    return this.#values.length;
  }

  in(world: World): Value | undefined {
    return this.#values[world.numbers[this.index] ?? NOTHING];
  }
}

/** Changed only by whoever made it, before anybody else sees it. */
export class World {
  /** By the cells' indices; what lies beyond its end is nothing. */
  readonly numbers: number[];
  a: number;
  b: number;
  c: number;
  d: number;

  constructor(numbers: number[], a = 0, b = 0, c = 0, d = 0) {
    this.numbers = numbers;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  /** A copy to change. */
  fork(): World {
    return new World(this.numbers.slice(), this.a, this.b, this.c, this.d);
  }

  set(cell: Cell<unknown>, number: number): void {
    const { numbers } = this;
    const { index, words } = cell;
    // No holes: an array without them is copied as a block.
    while (numbers.length <= index) numbers.push(NOTHING);
    const out = (numbers[index] ?? NOTHING) * WORDS;
    const into = number * WORDS;
    this.a = (this.a - (words[out] ?? 0) + (words[into] ?? 0)) | 0;
    this.b = (this.b - (words[out + 1] ?? 0) + (words[into + 1] ?? 0)) | 0;
    this.c = (this.c - (words[out + 2] ?? 0) + (words[into + 2] ?? 0)) | 0;
    this.d = (this.d - (words[out + 3] ?? 0) + (words[into + 3] ?? 0)) | 0;
    numbers[index] = number;
  }
}
