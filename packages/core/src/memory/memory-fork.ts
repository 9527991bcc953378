// Copies a whole in-memory store, as `structuredClone` does, for whoever tries many futures of one state: it copies what the store's functions
// change in place, and shares what they only replace. A function that begins to change something else in place must have it copied here.
import type { MemoryState } from "./memory-state.ts";

export function forkMemory(state: MemoryState): MemoryState {
  return {
    partitions: state.partitions,
    entities: new Set(state.entities),
    schemas: new Map(state.schemas),
    groups: mapOf(state.groups, ({ names, leases }) => ({ names: new Set(names), leases: leases.map((lease) => ({ ...lease })) })),
    workers: mapOf(state.workers, (worker) => ({ ...worker })),
    gathers: new Map(state.gathers),
    log: state.log.map((messages) => messages.slice()),
    doors: new Map(state.doors),
    documents: new Map(state.documents),
    calls: new Map(state.calls),
    callKeys: new Map(state.callKeys),
    timers: new Map(state.timers),
    timerNames: new Map(state.timerNames),
    parked: mapOf(state.parked, (rows) => rows.map((row) => ({ ...row }))),
    controls: state.controls.slice(),
    callControls: state.callControls.slice(),
    breakers: mapOf(state.breakers, (breaker) => ({ ...breaker })),
    breakerResets: state.breakerResets.slice(),
    lastPosition: state.lastPosition,
    lastCallSequence: state.lastCallSequence,
    lastTimerId: state.lastTimerId,
  };
}

function mapOf<K, V>(map: ReadonlyMap<K, V>, copy: (value: V) => V): Map<K, V> {
  const copies = new Map<K, V>();
  map.forEach((value, key) => { copies.set(key, copy(value)); });
  return copies;
}
