// A look into the table of fingerprints of another thread, which goes on adding to it. What it finds is stored; what it does not find may have
// been stored a moment ago. It changes nothing.
import type { Words } from "../../space.ts";

export class TableView {
  #slots: Uint32Array = new Uint32Array(0);
  #mask = 0;
  readonly #words: number;

  constructor(fingerprintBits: 64 | 128) {
    this.#words = fingerprintBits / 32;
  }

  use(table: SharedArrayBuffer): void {
    if (this.#slots.buffer === table) return;
    this.#slots = new Uint32Array(table);
    this.#mask = this.#slots.length / (this.#words + 1) - 1;
  }

  /** The id of a stored state, or -1. */
  idOf(words: Words): number {
    const slots = this.#slots;
    const width = this.#words + 1;
    const first = words[0] ?? 0;
    const second = words[1] ?? 0;
    for (let index = first & this.#mask; ; index = (index + 1) & this.#mask) {
      const slot = index * width;
      const id = Atomics.load(slots, slot);
      if (id === 0) return -1;
      if (slots[slot + 1] !== first || slots[slot + 2] !== second) continue;
      if (width === 3 || (slots[slot + 3] === words[2] && slots[slot + 4] === words[3])) return id - 1;
    }
  }
}
