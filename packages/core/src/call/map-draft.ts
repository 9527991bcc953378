// A map that a step may change: it is copied at its first change, or changed in place where its owner has given it up.

export class MapDraft<K, V> {
  #map: ReadonlyMap<K, V>;
  #own: Map<K, V> | null;

  /** @param inPlace nobody looks at the map before the change any more. */
  constructor(map: ReadonlyMap<K, V>, inPlace = false) {
    this.#map = map;
    this.#own = inPlace && map instanceof Map ? map : null;
  }

  get size(): number { return this.#map.size; }
  get(key: K): V | undefined { return this.#map.get(key); }
  set(key: K, value: V): void { this.#writable().set(key, value); }
  delete(key: K): void { if (this.#map.has(key)) this.#writable().delete(key); }
  /** A change meanwhile is seen only where it is of the entry just given. */
  [Symbol.iterator](): Iterator<[K, V]> { return this.#map[Symbol.iterator](); }
  entries(): (readonly [K, V])[] { return [...this.#map]; }
  values(): V[] { return [...this.#map.values()]; }
  /** Those of which this is true; nothing is copied for the others. */
  filter(isWanted: (value: V) => boolean): V[] {
    const found: V[] = [];
    for (const value of this.#map.values()) if (isWanted(value)) found.push(value);
    return found;
  }
  clear(): void { if (this.#map.size > 0) { this.#own = new Map(); this.#map = this.#own; } }
  seal(): ReadonlyMap<K, V> { return this.#map; }

  #writable(): Map<K, V> {
    if (this.#own === null) {
      this.#own = new Map(this.#map);
      this.#map = this.#own;
    }
    return this.#own;
  }
}
