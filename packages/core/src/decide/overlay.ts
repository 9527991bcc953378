// What the messages of a batch have written so far, over the documents as they were loaded. It holds states; it decides nothing.
import type { Decision } from "../message/changes.ts";
import type { DocumentState } from "./documents.ts";

export interface Overlay {
  get(id: string): DocumentState | undefined;
  set(id: string, state: DocumentState): void;
}

/** Lays one message's writes over the batch; returns whether one of them was blind: written without being read. */
export function lay(decision: Extract<Decision, { kind: "changes" }>, overlay: Overlay): boolean {
  let blind = false;
  for (const change of decision.changes.documents) {
    if (change.write.kind === "keep") continue;
    const { id } = change;
    const under = overlay.get(id);
    // Within a commit a document's version rises once, however many messages write it.
    const version = under !== undefined ? under.version : change.version === null ? null : change.version + 1;
    if (version === null) blind = true;
    overlay.set(id, { version, body: change.write.kind === "put" ? change.write.body : null });
  }
  return blind;
}
