// Documents in memory: loading them, comparing the versions a commit rests on, and writing. Every write raises a document's version
// by one; a deleted document keeps its row, so that its version never falls back.
import { documentId } from "../decide/documents.ts";
import type { DocumentChange, DocumentRef } from "../message/changes.ts";
import type { StoredDocument } from "../spi/store.ts";
import { requireEntity } from "./memory-refusal.ts";
import type { MemoryState } from "./memory-state.ts";

export function load(state: MemoryState, refs: readonly DocumentRef[]): StoredDocument[] {
  for (const ref of refs) requireEntity(state, ref.entity);
  return refs.map((ref) => {
    const { entity, tenant, key } = ref;
    return state.documents.get(idOf(ref)) ?? { entity, tenant, key, version: 0, body: null };
  });
}

export function versionsMatch(state: MemoryState, changes: readonly DocumentChange[]): boolean {
  for (const change of changes) requireEntity(state, change.entity);
  return changes.every((change) => change.version === null || change.version === versionOf(state, change));
}

export function writeDocument(state: MemoryState, change: DocumentChange): void {
  if (change.write.kind === "keep") return;
  const { entity, tenant, key } = change;
  const body = change.write.kind === "put" ? change.write.body : null;
  state.documents.set(idOf(change), { entity, tenant, key, version: versionOf(state, change) + 1, body });
}

function versionOf(state: MemoryState, ref: DocumentRef): number {
  return state.documents.get(idOf(ref))?.version ?? 0;
}

function idOf({ entity, tenant, key }: DocumentRef): string {
  return documentId(entity, tenant, key);
}
