// Turns at a client's connections: so many exchanges at once, the others in the order they came. What is given up while it waits leaves nothing
// behind: the pool's own queue would keep it until a connection is free, which behind a host that is away may be long. It sends nothing.

interface Turn {
  /** It counts from now on, until {@link Turns.giveBack}. */
  begin(): void;
}

export class Turns {
  readonly #most: number;
  readonly #waiting = new Set<Turn>();
  #taken = 0;
  #closing: Promise<void> | null = null;
  #ended: (() => void) | null = null;

  /** @param most exchanges at once. */
  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number { return this.#waiting.size; }

  take(turn: Turn): void {
    if (this.#taken >= this.#most) { this.#waiting.add(turn); return; }
    this.#taken++;
    turn.begin();
  }

  /** Takes one that waits out of the queue, if it does. */
  giveUp(turn: Turn): void {
    this.#waiting.delete(turn);
    this.#tellEnd();
  }

  giveBack(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      next.begin();
      return;
    }
    this.#taken--;
    this.#tellEnd();
  }

  /** Nothing new may come. Resolves once nothing waits and nothing is under way. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => { this.#ended = resolve; });
    this.#tellEnd();
    return this.#closing;
  }

  get isClosed(): boolean { return this.#closing !== null; }

  #tellEnd(): void {
    if (this.#taken === 0 && this.#waiting.size === 0) this.#ended?.();
  }
}
