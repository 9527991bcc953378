// A small map that a step may change: it is copied at its first change. For a map of many entries there is the sharded one.

export class MapDraft<K, V> {
  #map: ReadonlyMap<K, V>;
  #own: Map<K, V> | null = null;

  constructor(map: ReadonlyMap<K, V>) {
    this.#map = map;
  }

  get size(): number { return this.#map.size; }
  get(key: K): V | undefined { return this.#map.get(key); }
  set(key: K, value: V): void { this.#writable().set(key, value); }
  delete(key: K): void { if (this.#map.has(key)) this.#writable().delete(key); }
  entries(): (readonly [K, V])[] { return [...this.#map]; }
  values(): V[] { return [...this.#map.values()]; }
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
