// Copies of arrays, sets and records with one thing changed: what the reference models build their next states from. Refuses an index
// outside of an array, because a model that reads there is wrong.

export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`index ${index} is outside of an array of ${items.length}`);
  return item;
}

export function replaced<T>(items: readonly T[], index: number, item: T): readonly T[] {
  const copy = items.slice();
  copy[index] = item;
  return copy;
}

export function added<T>(items: ReadonlySet<T>, item: T): ReadonlySet<T> {
  return items.has(item) ? items : new Set(items).add(item);
}

export function removed<T>(items: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const copy = new Set(items);
  copy.delete(item);
  return copy;
}

/** A record that has the same value under every key. */
export function recordOf<T>(keys: readonly string[], value: T): Readonly<Record<string, T>> {
  return Object.fromEntries(keys.map((key) => [key, value]));
}

/** The whole numbers from `first` to `last`, both included. */
export function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The names `prefix1`, `prefix2` … `prefix<count>`. */
export function named(prefix: string, count: number): readonly string[] {
  return range(1, count).map((i) => `${prefix}${i}`);
}

/** Every sequence of `length` items out of `items`, repeats allowed. */
export function* sequences<T>(items: readonly T[], length: number): Iterable<readonly T[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const start of sequences(items, length - 1)) for (const item of items) yield [...start, item];
}

/** Every set of some of the items. */
export function* subsets<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let bits = 0; bits < 2 ** items.length; bits++) yield items.filter((_, i) => (bits & (1 << i)) !== 0);
}
