// Whether what a reduced search puts off is put off for ever. It keeps the graph of a round, and tells which of its states lead to none at
// which everything was looked at: whatever is put off there never has its turn.

export class Postponed {
  #from = new Uint32Array(1 << 12);
  #to = new Uint32Array(1 << 12);
  #edges = 0;
  /** States that were expanded as a whole. */
  readonly #whole = new Set<number>();

  step(from: number, to: number): void {
    if (this.#edges === this.#from.length) {
      this.#from = twice(this.#from);
      this.#to = twice(this.#to);
    }
    this.#from[this.#edges] = from;
    this.#to[this.#edges] = to;
    this.#edges += 1;
  }

  whole(state: number): void {
    this.#whole.add(state);
  }

  /** The states from which no way leads to one that was expanded as a whole. @param states how many there are. */
  forEver(states: number): number[] {
    const leadsOn = new Uint8Array(states);
    for (const state of this.#whole) leadsOn[state] = 1;
    for (let changed = true; changed;) {
      changed = false;
      // Steps lead to later states mostly: backwards, one look is nearly enough.
      for (let edge = this.#edges - 1; edge >= 0; edge -= 1) {
        const from = this.#from[edge] ?? 0;
        if (leadsOn[from] === 1 || leadsOn[this.#to[edge] ?? 0] !== 1) continue;
        leadsOn[from] = 1;
        changed = true;
      }
    }
    const found: number[] = [];
    for (const [state, leads] of leadsOn.entries()) if (leads === 0) found.push(state);
    return found;
  }
}

function twice(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(words.length * 2);
  grown.set(words);
  return grown;
}
