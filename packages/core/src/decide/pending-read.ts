// A read whose document is not at hand: answered once, later. One object from the handler's question to its answer, since most reads of a
// batch wait for their turn and there are many. It loads nothing and decides nothing.
import type { DocumentRef } from "../message/changes.ts";
import type { DocumentState } from "./documents.ts";

/** Whoever asked. */
interface Asker {
  was(state: DocumentState): void;
  failed(error: unknown): void;
}

/** What a guess was told, to be compared when its turn comes. */
export interface Told { readonly id: string; readonly state: DocumentState }

export class PendingRead {
  readonly ref: DocumentRef;
  readonly id: string;
  #told: Told[] | null;
  #asker: Asker | null = null;

  /** @param told where the answer is noted; null: nowhere. */
  constructor(ref: DocumentRef, id: string, told: Told[] | null = null) {
    this.ref = ref;
    this.id = id;
    this.#told = told;
  }

  /** Says whom to answer: right after it was returned, before anybody could. */
  for(asker: Asker): void {
    this.#asker = asker;
  }

  /** The answer will be a guess, noted there. */
  note(told: Told[]): void {
    this.#told = told;
  }

  answer(state: DocumentState): void {
    this.#told?.push({ id: this.id, state });
    this.#asker?.was(state);
  }

  refuse(error: unknown): void {
    this.#asker?.failed(error);
  }
}
