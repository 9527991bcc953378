// A handler run begun ahead of its turn, so that what it reads can be asked for together with what others read. Its reads are answered only
// when its turn comes, and then as they are then. If a message needs more when its turn has come, those after it are answered with what is
// there already, to learn what they need next, and wait again with that: what they were told is a guess, and counts only if it still holds.
import type { Decision, DocumentRef } from "../message/changes.ts";
import type { Envelope } from "../message/envelope.ts";
import { decide, type Decider } from "./decide.ts";
import type { DocumentState } from "./documents.ts";
import type { Overlay } from "./overlay.ts";
import { PendingRead, type Told } from "./pending-read.ts";
import type { DocumentReader } from "./recorder.ts";

/** The documents as the batch sees them now. */
export interface BatchView {
  held(id: string, presumedNew: boolean): DocumentState | undefined;
  /** Asks for what is not at hand, for this read or for whoever reads it later. */
  load(ref: DocumentRef, id: string, read: PendingRead | null): void;
}

type Chain = Pick<Overlay, "get">;

type Phase =
  /** Its reads wait: for its turn, or to be guessed. */
  | { readonly kind: "waiting"; readonly reads: PendingRead[] }
  /** Its reads are answered at once, and remembered. */
  | { readonly kind: "guessing"; readonly chain: Chain }
  /** Its turn has come: it reads as any run does. */
  | { readonly kind: "turn"; readonly reader: DocumentReader };

export class AheadRun {
  readonly message: Envelope;
  readonly #view: BatchView;
  readonly #decision: Decision | Promise<Decision>;
  #phase: Phase = { kind: "waiting", reads: [] };
  /** How often it was told guesses to learn what it reads next. */
  looks = 0;
  /** How many steps its reads took as far as was seen: those of a step need nothing of each other. */
  steps = 0;
  /** Guesses that it was told. */
  readonly #told: Told[] = [];
  /** Those of its reads that are being loaded, to be told as guesses. */
  readonly #asked: PendingRead[] = [];

  constructor(decider: Decider, message: Envelope, view: BatchView, cause?: string) {
    this.message = message;
    this.#view = view;
    this.#decision = decide(decider, message, { read: (ref, id, presumedNew) => this.#read(ref, id, presumedNew) }, cause);
  }

  #read(ref: DocumentRef, id: string, presumedNew: boolean): DocumentState | PendingRead {
    const phase = this.#phase;
    switch (phase.kind) {
      case "turn":
        this.steps = this.looks + 2;
        return phase.reader.read(ref, id, presumedNew);
      case "waiting": {
        this.steps = this.looks + 1;
        if (this.#view.held(id, presumedNew) === undefined) this.#view.load(ref, id, null);
        const read = new PendingRead(ref, id);
        phase.reads.push(read);
        return read;
      }
      case "guessing": {
        const held = phase.chain.get(id) ?? this.#view.held(id, presumedNew);
        if (held !== undefined) {
          this.#told.push({ id, state: held });
          return held;
        }
        const read = new PendingRead(ref, id, this.#told);
        this.#view.load(ref, id, read);
        return read;
      }
    }
  }

  /** Whether its reads wait. */
  get isWaiting(): boolean {
    return this.#phase.kind === "waiting";
  }

  /** Answers the reads that wait with what is there now, or would be with what `chain` has; whatever it reads next waits again. */
  look(chain: Chain): void {
    if (this.#phase.kind !== "waiting") return;
    const { reads } = this.#phase;
    this.#phase = { kind: "waiting", reads: [] };
    this.looks++;
    this.#tell(reads, chain);
  }

  /** Lets a run that waits go on to its end in the same way: another builds on what it would write. Null: its turn has come. */
  guess(chain: Chain): Decision | Promise<Decision> | null {
    if (this.#phase.kind !== "waiting") return null;
    const { reads } = this.#phase;
    this.#phase = { kind: "guessing", chain };
    this.#tell(reads, chain);
    return this.#decision;
  }

  #tell(reads: readonly PendingRead[], chain: Chain): void {
    for (const read of reads) {
      read.note(this.#told);
      const held = chain.get(read.id) ?? this.#view.held(read.id, false);
      if (held !== undefined) read.answer(held);
      else {
        this.#asked.push(read);
        this.#view.load(read.ref, read.id, read);
      }
    }
  }

  /** Its turn has come. Gives its decision, or null when a guess was wrong and the message must be run again. */
  turn(reader: DocumentReader): Decision | Promise<Decision | null> | null {
    const phase = this.#phase;
    if (phase.kind === "guessing") return this.#checked();
    if (!this.#holds()) {
      this.drop();
      return null;
    }
    this.#phase = { kind: "turn", reader };
    for (const read of this.#asked) {
      // What is still being loaded may have been written meanwhile; from here on, an answer is no guess.
      read.note(null);
      const held = this.#view.held(read.id, false);
      if (held !== undefined) read.answer(held);
    }
    for (const read of phase.kind === "waiting" ? phase.reads : []) {
      const held = this.#view.held(read.id, false);
      if (held === undefined) this.#view.load(read.ref, read.id, read);
      else read.answer(held);
    }
    return this.#decision;
  }

  /** A handler decides from its message and its reads alone, so the same reads would decide the same. */
  async #checked(): Promise<Decision | null> {
    const decision = await this.#decision;
    return decision.kind === "changes" && this.#holds() ? decision : null;
  }

  #holds(): boolean {
    return this.#told.every(({ id, state }) => isSame(this.#view.held(id, false), state));
  }

  /** Its turn will not come: ends the handler, so that nothing waits for ever. */
  drop(): void {
    const phase = this.#phase;
    const gone = new Error("The message is not handled now.");
    this.#phase = { kind: "turn", reader: { read: () => { throw gone; } } };
    if (phase.kind === "waiting") for (const read of phase.reads) read.refuse(gone);
  }
}

function isSame(one: DocumentState | undefined, other: DocumentState): boolean {
  return one === other || (one?.version === other.version && one.body === other.body);
}
