// A handler run begun ahead of its turn, so that what it reads can be asked for together with what others read. Its reads are answered only
// when its turn comes, and then as they are then. If a message needs more when its turn has come, those after it are answered with what is
// there already, to learn what they need next: such a run is a guess, and counts only if everything it was told still holds.
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

interface Guessing {
  readonly kind: "guessing";
  readonly chain: Pick<Overlay, "get">;
  readonly told: Told[];
}

type Phase =
  /** Its reads wait for its turn. */
  | { readonly kind: "waiting"; readonly reads: PendingRead[] }
  /** Its reads are answered at once, and remembered. */
  | Guessing
  /** Its turn has come: it reads as any run does. */
  | { readonly kind: "turn"; readonly reader: DocumentReader };

export class AheadRun {
  readonly #view: BatchView;
  readonly #decision: Decision | Promise<Decision>;
  #phase: Phase = { kind: "waiting", reads: [] };

  constructor(decider: Decider, message: Envelope, view: BatchView, cause?: string) {
    this.#view = view;
    this.#decision = decide(decider, message, { read: (ref, id, presumedNew) => this.#read(ref, id, presumedNew) }, cause);
  }

  #read(ref: DocumentRef, id: string, presumedNew: boolean): DocumentState | PendingRead {
    const phase = this.#phase;
    switch (phase.kind) {
      case "turn": return phase.reader.read(ref, id, presumedNew);
      case "waiting": {
        if (this.#view.held(id, presumedNew) === undefined) this.#view.load(ref, id, null);
        const read = new PendingRead(ref, id);
        phase.reads.push(read);
        return read;
      }
      case "guessing": {
        const held = this.#known(id, phase, presumedNew);
        if (held !== undefined) {
          phase.told.push({ id, state: held });
          return held;
        }
        const read = new PendingRead(ref, id, phase.told);
        this.#view.load(ref, id, read);
        return read;
      }
    }
  }

  #known(id: string, { chain }: Guessing, presumedNew: boolean): DocumentState | undefined {
    return chain.get(id) ?? this.#view.held(id, presumedNew);
  }

  /** Whether its reads wait for its turn. */
  get isWaiting(): boolean {
    return this.#phase.kind === "waiting";
  }

  /** Lets a run that waits go on with what is there now, and with what those before it in its key would write. Null: its turn has come. */
  guess(chain: Pick<Overlay, "get">): Decision | Promise<Decision> | null {
    if (this.#phase.kind !== "waiting") return null;
    const { reads } = this.#phase;
    const phase: Guessing = { kind: "guessing", chain, told: [] };
    this.#phase = phase;
    for (const read of reads) {
      read.note(phase.told);
      const held = this.#known(read.id, phase, false);
      if (held === undefined) this.#view.load(read.ref, read.id, read);
      else read.answer(held);
    }
    return this.#decision;
  }

  /** Its turn has come. Gives its decision, or null when a guess was wrong and the message must be run again. */
  turn(reader: DocumentReader): Decision | Promise<Decision | null> {
    const phase = this.#phase;
    if (phase.kind === "guessing") return this.#checked(phase);
    this.#phase = { kind: "turn", reader };
    for (const read of phase.kind === "waiting" ? phase.reads : []) {
      const held = this.#view.held(read.id, false);
      if (held === undefined) this.#view.load(read.ref, read.id, read);
      else read.answer(held);
    }
    return this.#decision;
  }

  /** A handler decides from its message and its reads alone, so the same reads would decide the same. */
  async #checked({ told }: Guessing): Promise<Decision | null> {
    const decision = await this.#decision;
    if (decision.kind !== "changes") return null;
    return told.every(({ id, state }) => isSame(this.#view.held(id, false), state)) ? decision : null;
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
