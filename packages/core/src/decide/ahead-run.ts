// A handler run begun ahead of its turn, so that what it reads can be asked for together with what others read. Its reads are answered only
// when its turn comes, and then as they are then. If a message needs more when its turn has come, those after it are answered with what is
// there already, to learn what they need next: such a run is a guess, and counts only if everything it was told still holds.
import type { Decision, DocumentRef } from "../message/changes.ts";
import type { Message } from "../message/envelope.ts";
import { decide, type Decider } from "./decide.ts";
import type { DocumentState } from "./documents.ts";
import type { DocumentReader } from "./recorder.ts";

/** The documents as the batch sees them now. */
export interface BatchView {
  held(id: string): DocumentState | undefined;
  load(ref: DocumentRef, id: string): Promise<DocumentState>;
}

interface Waiting {
  readonly ref: DocumentRef;
  readonly id: string;
  readonly resolve: (state: DocumentState | Promise<DocumentState>) => void;
  readonly reject: (error: unknown) => void;
}

type Phase =
  /** Its reads wait for its turn. */
  | { readonly kind: "waiting"; readonly reads: Waiting[] }
  /** Its reads are answered at once, and remembered. */
  | { readonly kind: "guessing"; readonly guesses: { readonly id: string; readonly state: DocumentState }[] }
  /** Its turn has come: it reads as any run does. */
  | { readonly kind: "turn"; readonly reader: DocumentReader };

export class AheadRun {
  readonly #view: BatchView;
  readonly #decision: Decision | Promise<Decision>;
  #phase: Phase = { kind: "waiting", reads: [] };

  constructor(decider: Decider, message: Message, view: BatchView) {
    this.#view = view;
    this.#decision = decide(decider, message, { read: (ref, id) => this.#read(ref, id) });
  }

  #read(ref: DocumentRef, id: string): DocumentState | Promise<DocumentState> {
    const phase = this.#phase;
    switch (phase.kind) {
      case "turn": return phase.reader.read(ref, id);
      case "waiting":
        if (this.#view.held(id) === undefined) void this.#view.load(ref, id);
        return new Promise((resolve, reject) => { phase.reads.push({ ref, id, resolve, reject }); });
      case "guessing": return this.#guess(ref, id, phase.guesses);
    }
  }

  #guess(ref: DocumentRef, id: string, guesses: Extract<Phase, { kind: "guessing" }>["guesses"]): DocumentState | Promise<DocumentState> {
    const held = this.#view.held(id);
    if (held === undefined) return this.#view.load(ref, id).then((state) => { guesses.push({ id, state }); return state; });
    guesses.push({ id, state: held });
    return held;
  }

  /** Lets a run that waits go on with what is there now. */
  guess(): void {
    if (this.#phase.kind !== "waiting") return;
    const { reads } = this.#phase;
    const guesses: { readonly id: string; readonly state: DocumentState }[] = [];
    this.#phase = { kind: "guessing", guesses };
    for (const { ref, id, resolve } of reads) resolve(this.#guess(ref, id, guesses));
  }

  /** Its turn has come. Gives its decision, or null when a guess was wrong and the message must be run again. */
  turn(reader: DocumentReader): Decision | Promise<Decision | null> {
    const phase = this.#phase;
    if (phase.kind === "guessing") return this.#checked(phase.guesses);
    this.#phase = { kind: "turn", reader };
    if (phase.kind === "waiting") for (const { ref, id, resolve } of phase.reads) resolve(this.#view.held(id) ?? this.#view.load(ref, id));
    return this.#decision;
  }

  /** A handler decides from its message and its reads alone, so the same reads would decide the same. */
  async #checked(guesses: readonly { readonly id: string; readonly state: DocumentState }[]): Promise<Decision | null> {
    const decision = await this.#decision;
    if (decision.kind !== "changes") return null;
    return guesses.every(({ id, state }) => this.#view.held(id) === state) ? decision : null;
  }

  /** Its turn will not come: ends the handler, so that nothing waits for ever. */
  drop(): void {
    const phase = this.#phase;
    const gone = new Error("The message is not handled now.");
    this.#phase = { kind: "turn", reader: { read: () => Promise.reject(gone) } };
    if (phase.kind === "waiting") for (const { reject } of phase.reads) reject(gone);
  }
}
