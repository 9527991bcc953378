// What differs between two states, path by path, so that a step of a trace shows what it did and not everything there is. For people; it
// judges nothing.
import { inspect, isDeepStrictEqual } from "node:util";

/** One difference. A side that is null is absent there. */
export interface Difference {
  /** Empty: the state as a whole. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A value on one line. */
export function valueText(value: unknown): string {
  return inspect(value, { depth: 12, breakLength: Infinity, compact: true, maxArrayLength: 200, maxStringLength: 400 });
}

/** The parts of a state, one line each: for the first state of a trace. */
export function partsOf(state: unknown): Difference[] {
  const entries = entriesOf(state);
  if (entries === null || entries.length === 0) return [{ path: "", before: null, after: valueText(state) }];
  return entries.map(([path, part]) => ({ path, before: null, after: valueText(part) }));
}

/** What differs, at the deepest paths that both have. Empty: the states are equal. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before instanceof Set && after instanceof Set) return setDifferences(before, after, path);
  const one = entriesOf(before);
  const other = entriesOf(after);
  if (one === null || other === null || isList(before) !== isList(after) || (isList(before) && one.length !== other.length)) {
    return [{ path, before: valueText(before), after: valueText(after) }];
  }
  const earlier = new Map(one);
  const later = new Map(other);
  const found: Difference[] = [];
  for (const [key, value] of one) {
    const at = join(path, key, isList(before));
    if (later.has(key)) found.push(...differences(value, later.get(key), at));
    else found.push({ path: at, before: valueText(value), after: null });
  }
  for (const [key, value] of other) {
    if (!earlier.has(key)) found.push({ path: join(path, key, isList(before)), before: null, after: valueText(value) });
  }
  return found;
}

function setDifferences(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>, path: string): Difference[] {
  const missing = (from: ReadonlySet<unknown>, among: ReadonlySet<unknown>): unknown[] =>
    [...from].filter((item) => ![...among].some((other) => isDeepStrictEqual(item, other)));
  return [
    ...missing(before, after).map((item) => ({ path, before: null, after: `loses ${valueText(item)}` })),
    ...missing(after, before).map((item) => ({ path, before: null, after: `gains ${valueText(item)}` })),
  ];
}

function entriesOf(value: unknown): [string, unknown][] | null {
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof Map) return [...value].map(([key, item]): [string, unknown] => [valueText(key), item]);
  if (value instanceof Set || value instanceof Date || value instanceof Uint8Array) return null;
  return Object.entries(value);
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function join(path: string, key: string, list: boolean): string {
  if (list) return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}
