// The signal of an attempt under way, as its runner holds it: what an AbortSignal says, without being one, since making one costs more than the
// rest of an attempt's bookkeeping and nearly every attempt ends by itself.
import type { AttemptSignal } from "../spi/world.ts";

export class RunnerSignal implements AttemptSignal {
  #aborted = false;
  #listeners: readonly (() => void)[] = NONE;

  get aborted(): boolean { return this.#aborted; }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener);
  }

  /** Once; whoever comes to listen later is to look at `aborted` first. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    for (const listener of this.#listeners) listener();
  }
}

const NONE: readonly (() => void)[] = [];
