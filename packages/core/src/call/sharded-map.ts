// A map of strings that a machine can change at every step without copying all of it: its entries are spread over a square of small maps,
// and a change copies one of them with its row. It is plain data; the draft is the only writer and lives within one step.

type Row<V> = readonly ReadonlyMap<string, V>[];
export type ShardedMap<V> = readonly Row<V>[];

/** An empty map for about `expected` entries. */
export function newShardedMap<V>(expected: number): ShardedMap<V> {
  let side = 1;
  // Measured with 10,000 entries: maps of about five entries are cheapest to copy, and rows longer than 64 cost more than they save.
  while (side < 64 && side * side * 4 < expected) side *= 2;
  const empty: ReadonlyMap<string, V> = new Map();
  const row: Row<V> = Array.from({ length: side }, () => empty);
  return Array.from({ length: side }, () => row);
}

export class ShardedDraft<V> {
  readonly #base: ShardedMap<V>;
  readonly #side: number;
  #rows: Row<V>[] | null = null;
  /** What this draft has copied already, and so may write. */
  readonly #ownRows = new Map<number, ReadonlyMap<string, V>[]>();
  readonly #ownMaps = new Map<number, Map<string, V>>();

  constructor(base: ShardedMap<V>) {
    this.#base = base;
    this.#side = base.length;
  }

  get(key: string): V | undefined {
    const place = this.#placeOf(key);
    return this.#mapAt(place)?.get(key);
  }

  set(key: string, value: V): void {
    this.#writable(this.#placeOf(key)).set(key, value);
  }

  delete(key: string): void {
    this.#writable(this.#placeOf(key)).delete(key);
  }

  values(): V[] {
    return this.seal().flatMap((row) => row.flatMap((map) => map.size === 0 ? [] : [...map.values()]));
  }

  seal(): ShardedMap<V> {
    return this.#rows ?? this.#base;
  }

  #mapAt(place: number): ReadonlyMap<string, V> | undefined {
    return (this.#rows ?? this.#base)[Math.floor(place / this.#side)]?.[place % this.#side];
  }

  #writable(place: number): Map<string, V> {
    const own = this.#ownMaps.get(place);
    if (own !== undefined) return own;
    const map = copyOf(this.#mapAt(place));
    this.#writableRow(Math.floor(place / this.#side))[place % this.#side] = map;
    this.#ownMaps.set(place, map);
    return map;
  }

  #writableRow(at: number): ReadonlyMap<string, V>[] {
    const own = this.#ownRows.get(at);
    if (own !== undefined) return own;
    this.#rows ??= this.#base.slice();
    const row = this.#rows[at]?.slice() ?? [];
    this.#rows[at] = row;
    this.#ownRows.set(at, row);
    return row;
  }

  /** FNV-1a (Fowler, Noll, Vo) over the UTF-16 code units; the side is a power of two. */
  #placeOf(key: string): number {
    if (this.#side === 1) return 0;
    let hash = 0x811c9dc5;
    for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
    return (hash ^ (hash >>> 15)) & (this.#side * this.#side - 1);
  }
}

/** Entry by entry: for a few entries that is faster than through the constructor's iterator. */
function copyOf<V>(map: ReadonlyMap<string, V> | undefined): Map<string, V> {
  const copy = new Map<string, V>();
  map?.forEach((value, key) => { copy.set(key, value); });
  return copy;
}
