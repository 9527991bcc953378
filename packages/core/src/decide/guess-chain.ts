// The guesses of one key: its messages follow on each other, so each is guessed on top of what those before it would write. Otherwise the
// second message of a key would be guessed as if the first had not been there, and what it really needs would be loaded in its turn, alone.
import type { AheadRun } from "./ahead-run.ts";
import type { DocumentState } from "./documents.ts";
import { lay, type Overlay } from "./overlay.ts";

export class GuessChain implements Overlay {
  readonly #batch: Overlay;
  readonly #written = new Map<string, DocumentState>();
  #end: Promise<void> | null = null;
  #broken = false;

  /** @param batch what the messages whose turn has come have written. */
  constructor(batch: Overlay) {
    this.#batch = batch;
  }

  get(id: string): DocumentState | undefined {
    return this.#written.get(id) ?? this.#batch.get(id);
  }

  set(id: string, state: DocumentState): void {
    this.#written.set(id, state);
  }

  /** Guesses the next message of the key as soon as those before it are guessed. */
  add(run: AheadRun): void {
    this.#end = this.#end === null ? this.#guess(run) : this.#end.then(() => this.#guess(run));
  }

  /** The same for the last: nothing builds on it, so it only learns what it needs next. */
  last(run: AheadRun): void {
    if (this.#end === null) run.look(this);
    else void this.#end.then(() => { if (!this.#broken) run.look(this); });
  }

  async #guess(run: AheadRun): Promise<void> {
    if (this.#broken) return;
    try {
      const decision = await run.guess(this);
      if (decision?.kind === "changes") lay(decision, this);
      // What follows a failed message is not run at all.
      else if (decision !== null) this.#broken = true;
    } catch {
      // Its own turn tells why.
      this.#broken = true;
    }
  }
}
