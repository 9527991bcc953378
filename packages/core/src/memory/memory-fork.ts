// Copies an in-memory store, as `structuredClone` does, for whoever tries many futures of one state: it copies what the store's functions
// change in place, and shares what they only replace. A function that begins to change something else in place must have it copied here.
import type { MemoryState } from "./memory-state.ts";

type Copies = { readonly [Part in keyof MemoryState]: (state: MemoryState[Part]) => MemoryState[Part] };

const same = <T>(value: T): T => value;
const ofMap = <K, V>(map: Map<K, V>): Map<K, V> => new Map(map);
const ofList = <T>(list: T[]): T[] => list.slice();

const COPIES: Copies = {
  partitions: same, lastPosition: same, lastCallSequence: same, lastTimerId: same,
  entities: (entities) => new Set(entities),
  schemas: ofMap, gathers: ofMap, doors: ofMap, documents: ofMap, calls: ofMap, callKeys: ofMap, timers: ofMap, timerNames: ofMap,
  revivals: ofMap,
  groups: (groups) => mapOf(groups, ({ names, leases }) => ({ names: new Set(names), leases: leases.map((lease) => ({ ...lease })) })),
  workers: (workers) => mapOf(workers, (worker) => ({ ...worker })),
  log: (log) => log.map(ofList),
  parked: (parked) => mapOf(parked, (rows) => rows.map((row) => ({ ...row }))),
  controls: ofList, callControls: ofList, breakerResets: ofList,
  breakers: (breakers) => mapOf(breakers, (breaker) => ({ ...breaker })),
};

/** @param parts what may change in the copy; whatever else is shared with it. Numbers are copied anyhow. Default: everything may. */
export function forkMemory(state: MemoryState, parts: readonly (keyof MemoryState)[] = PARTS): MemoryState {
  const copy = { ...state };
  for (const part of parts) copyPart(copy, part);
  return copy;
}

const PARTS = Object.keys(COPIES) as (keyof MemoryState)[];

function copyPart<Part extends keyof MemoryState>(state: { -readonly [P in keyof MemoryState]: MemoryState[P] }, part: Part): void {
  state[part] = COPIES[part](state[part]);
}

function mapOf<K, V>(map: ReadonlyMap<K, V>, copy: (value: V) => V): Map<K, V> {
  const copies = new Map<K, V>();
  map.forEach((value, key) => { copies.set(key, copy(value)); });
  return copies;
}
