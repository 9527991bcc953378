// A read whose document is not at hand: answered once, later. One object from the handler's question to its answer, since most reads of a
// batch wait for their turn and there are many. It loads nothing and decides nothing.
import type { DocumentRef } from "../message/changes.ts";
import type { DocumentState } from "./documents.ts";

/** Whoever asked; a state of null: it failed. */
type Asker = (state: DocumentState | null, error: unknown) => void;

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

  /** The answer will be a guess, noted there; null: it counts as it comes. */
  note(told: Told[] | null): void {
    this.#told = told;
  }

  /** The first answer counts. */
  answer(state: DocumentState): void {
    const asker = this.#asker;
    if (asker === null) return;
    this.#asker = null;
    this.#told?.push({ id: this.id, state });
    asker(state, null);
  }

  refuse(error: unknown): void {
    const asker = this.#asker;
    this.#asker = null;
    asker?.(null, error);
  }
}
