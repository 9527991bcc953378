// Preparing the in-memory store: records partitions, groups, entities and schemas, and refuses what does not fit the recorded
// ones. A refusal records nothing.
import { EvenkeelError } from "../errors.ts";
import type { Manifest, Prepared } from "../spi/store.ts";
import { SYSTEM_GROUPS } from "../spi/system-groups.ts";
import { idOf, type GroupState, type MemoryState } from "./memory-state.ts";

export function prepare(state: MemoryState, manifest: Manifest, partitionsByDefault: number): Prepared {
  checkPartitions(state, manifest.partitions);
  checkSchemas(state, manifest.schemas);
  if (state.partitions === 0) {
    state.partitions = manifest.partitions ?? partitionsByDefault;
    for (let partition = 0; partition < state.partitions; partition++) state.log.push([]);
  }
  for (const entity of manifest.entities) state.entities.add(entity);
  for (const { name, version, digest } of manifest.schemas) {
    const id = idOf(name, version);
    if (digest !== null || !state.schemas.has(id)) state.schemas.set(id, digest);
  }
  for (const name of SYSTEM_GROUPS) if (!state.groups.has(name)) state.groups.set(name, newGroup(state.partitions));
  const eligibleGroups: string[] = [];
  for (const { name, handles } of manifest.groups) {
    const group = state.groups.get(name) ?? newGroup(state.partitions);
    state.groups.set(name, group);
    for (const handled of handles) group.names.add(handled);
    const own = new Set(handles);
    if ([...group.names].every((recorded) => own.has(recorded))) eligibleGroups.push(name);
  }
  return { partitions: state.partitions, eligibleGroups };
}

function newGroup(partitions: number): GroupState {
  const leases = Array.from({ length: partitions }, () => ({ worker: null, epoch: 0, position: 0, grantedAt: 0, deaths: 0, mark: null }));
  return { names: new Set(), leases };
}

function checkPartitions(state: MemoryState, wanted: number | null): void {
  if (state.partitions === 0 || wanted === null || wanted === state.partitions) return;
  const recorded = String(state.partitions);
  throw new EvenkeelError(
    "PARTITIONS_FIXED",
    `The log was created with ${recorded} partitions and cannot have ${String(wanted)}: leave the setting out, or set it to ${recorded}.`,
    { details: { recorded: state.partitions, wanted } },
  );
}

function checkSchemas(state: MemoryState, schemas: Manifest["schemas"]): void {
  for (const { name, version, digest } of schemas) {
    const recorded = state.schemas.get(idOf(name, version)) ?? null;
    if (digest === null || recorded === null || recorded === digest) continue;
    throw new EvenkeelError(
      "SCHEMA_CHANGED",
      `The schema of '${name}' version ${String(version)} differs from the one its stored data was written with: ` +
        `raise its version to ${String(version + 1)} and add an upcaster from ${String(version)}.`,
      { details: { name, version, recorded, digest } },
    );
  }
}
