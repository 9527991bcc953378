// A binary heap: gives back the earliest of what it holds, and what came first among equals. It holds what it is given and copies nothing.

interface Entry<T> { readonly key: number; readonly order: number; readonly value: T }

export class EarliestFirst<T> {
  readonly #entries: Entry<T>[] = [];
  #order = 0;

  get size(): number { return this.#entries.length; }

  /** The key of the earliest; Infinity when empty. */
  get earliest(): number { return this.#entries[0]?.key ?? Infinity; }

  put(key: number, value: T): void {
    const entries = this.#entries;
    const entry = { key, order: this.#order++, value };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = entries[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      entries[at] = parent;
      at = above;
    }
    entries[at] = entry;
  }

  take(): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || first === last) return first?.value;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = entries[below];
      if (child === undefined) break;
      const right = entries[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        below++;
      }
      if (!isBefore(child, last)) break;
      entries[at] = child;
      at = below;
    }
    entries[at] = last;
    return first.value;
  }
}

function isBefore(one: { readonly key: number; readonly order: number }, other: { readonly key: number; readonly order: number }): boolean {
  return one.key < other.key || (one.key === other.key && one.order < other.order);
}
