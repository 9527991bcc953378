// States that may be new, as a thread found them: a row of numbers and some bytes each, in the order of their transitions. Whether they are new,
// and which of two equal ones comes first, is decided by whoever reads them in order.
import type { StateCodec, Words } from "../../space.ts";
import { ByteWriter } from "../../state/bytes.ts";

/** Columns of a row: the fingerprint's words, then these, then the bits of what was asked. */
const PARENT = 0, ORDINAL = 1, ACTION = 2, END = 3, FIXED = 4;
/** States that a thread has handed over lately. */
const REMEMBERED = 1 << 14;

export class Candidates<State> {
  readonly #codec: StateCodec<State>;
  readonly #words: number;
  readonly #width: number;
  readonly #lately: Uint32Array;
  #rows = new Uint32Array(1 << 12);
  #count = 0;
  #bytes = new ByteWriter(1 << 14);

  /** @param bitWords numbers of 32 bits that what was asked takes. */
  constructor(codec: StateCodec<State>, fingerprintBits: 64 | 128, bitWords: number) {
    this.#codec = codec;
    this.#words = fingerprintBits / 32;
    this.#width = this.#words + FIXED + bitWords;
    this.#lately = new Uint32Array(REMEMBERED * this.#words);
  }

  /** Whether this thread has handed the state over before: then it is stored by the time that anything after it is decided. */
  has(words: Words): boolean {
    const at = ((words[0] ?? 0) & (REMEMBERED - 1)) * this.#words;
    for (let word = 0; word < this.#words; word += 1) if (this.#lately[at + word] !== words[word]) return false;
    return true;
  }

  /** @param parent the place of the expanded state in its task. */
  add(state: State, words: Words, parent: number, ordinal: number, action: number): void {
    const at = this.#count * this.#width;
    if (at + this.#width > this.#rows.length) {
      const larger = new Uint32Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#codec.write(state, this.#bytes);
    const recent = ((words[0] ?? 0) & (REMEMBERED - 1)) * this.#words;
    for (let word = 0; word < this.#words; word += 1) this.#rows[at + word] = this.#lately[recent + word] = words[word] ?? 0;
    const fixed = at + this.#words;
    this.#rows[fixed + PARENT] = parent;
    this.#rows[fixed + ORDINAL] = ordinal;
    this.#rows[fixed + ACTION] = action;
    this.#rows[fixed + END] = this.#bytes.length;
    this.#rows.fill(0, fixed + FIXED, at + this.#width);
    this.#count += 1;
  }

  /** Sets a bit of the row that was added last. */
  mark(bit: number): void {
    const at = (this.#count - 1) * this.#width + this.#words + FIXED + (bit >>> 5);
    this.#rows[at] = (this.#rows[at] ?? 0) | (1 << (bit & 31));
  }

  /** All of them, each in memory of its own. It begins anew. */
  take(): { rows: Uint32Array<ArrayBuffer>; bytes: Uint8Array<ArrayBuffer> } {
    const taken = { rows: this.#rows.slice(0, this.#count * this.#width), bytes: new Uint8Array(this.#bytes.bytes.subarray(0, this.#bytes.length)) };
    this.#count = 0;
    this.#bytes.length = 0;
    return taken;
  }
}

/** Reads rows. `next` moves to the next one. */
export class CandidateRows {
  readonly words: Words;
  readonly count: number;
  readonly #rows: Uint32Array;
  readonly #width: number;
  #at: number;

  constructor(rows: Uint32Array, fingerprintBits: 64 | 128, bitWords: number) {
    this.words = new Uint32Array(fingerprintBits / 32);
    this.#width = this.words.length + FIXED + bitWords;
    this.count = rows.length / this.#width;
    this.#rows = rows;
    this.#at = -this.#width;
  }

  next(): void {
    this.#at += this.#width;
    for (let word = 0; word < this.words.length; word += 1) this.words[word] = this.#rows[this.#at + word] ?? 0;
  }

  get parent(): number { return this.#column(PARENT); }
  get ordinal(): number { return this.#column(ORDINAL); }
  get action(): number { return this.#column(ACTION); }
  /** Where the state's bytes end, and those of the next one begin. */
  get end(): number { return this.#column(END); }

  has(bit: number): boolean {
    return ((this.#column(FIXED + (bit >>> 5)) >>> (bit & 31)) & 1) === 1;
  }

  #column(column: number): number {
    return this.#rows[this.#at + this.words.length + column] ?? 0;
  }
}
