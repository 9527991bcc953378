// A map of strings that a machine can change at every step without copying all of it: its entries are spread over parts, and a change
// copies one part. It is plain data (an array of maps); the draft is the only writer and lives within one step.

export type ShardedMap<V> = readonly ReadonlyMap<string, V>[];

/** An empty map for about `expected` entries; few entries need few parts. */
export function newShardedMap<V>(expected: number): ShardedMap<V> {
  let parts = 1;
  while (parts < 512 && parts * 32 < expected) parts *= 2;
  const empty: ReadonlyMap<string, V> = new Map();
  return Array.from({ length: parts }, () => empty);
}

export class ShardedDraft<V> {
  readonly #base: ShardedMap<V>;
  #parts: ReadonlyMap<string, V>[] | null = null;
  readonly #own = new Map<number, Map<string, V>>();

  constructor(base: ShardedMap<V>) {
    this.#base = base;
  }

  get(key: string): V | undefined {
    const at = this.#partOf(key);
    return (this.#own.get(at) ?? this.#base[at])?.get(key);
  }

  set(key: string, value: V): void {
    this.#writable(this.#partOf(key)).set(key, value);
  }

  delete(key: string): void {
    this.#writable(this.#partOf(key)).delete(key);
  }

  values(): V[] {
    return (this.#parts ?? this.#base).flatMap((part) => [...part.values()]);
  }

  seal(): ShardedMap<V> {
    return this.#parts ?? this.#base;
  }

  #writable(at: number): Map<string, V> {
    const own = this.#own.get(at);
    if (own !== undefined) return own;
    const copy = new Map(this.#base[at]);
    this.#own.set(at, copy);
    this.#parts ??= [...this.#base];
    this.#parts[at] = copy;
    return copy;
  }

  /** FNV-1a (Fowler, Noll, Vo) over the UTF-16 code units; the number of parts is a power of two. */
  #partOf(key: string): number {
    const parts = this.#base.length;
    if (parts === 1) return 0;
    let hash = 0x811c9dc5;
    for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
    return (hash ^ (hash >>> 15)) & (parts - 1);
  }
}
