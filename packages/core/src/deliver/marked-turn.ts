// The turn that one service has alone for a message behind a mark: from before the mark is set until the message is committed or no longer its own, also
// while it is decided again, and for as long as a handler of it still runs. It knows nothing of batches.
import type { Alone } from "./alone.ts";

interface Held {
  readonly position: number;
  readonly end: () => void;
  /** Handlers of the message under way: one whose batch was given back may still run, and may still be the one that kills. */
  handling: number;
  isOver: boolean;
}

export class MarkedTurn {
  readonly #turns: Alone;
  #held: Held | null = null;

  constructor(turns: Alone) {
    this.#turns = turns;
  }

  /** The message that has the turn. */
  get position(): number | null {
    return this.#held?.position ?? null;
  }

  /**
   * Waits until nobody else is at work, unless the message has its turn already: others that waited meanwhile would run while its mark stands.
   * @param isWanted asked once it is alone; if not, the turn ends at once.
   */
  async take(position: number, isWanted: () => boolean): Promise<boolean> {
    if (this.#held?.position === position) return true;
    // The message before it is over, and others may have their turn first.
    this.over();
    const end = await this.#turns.ask("alone");
    if (!isWanted()) {
      end();
      return false;
    }
    this.#held = { position, end, handling: 0, isOver: false };
    return true;
  }

  /** A handler of the message begins; returns what ends it, once. Null: the message has no turn alone. */
  handle(position: number): (() => void) | null {
    const held = this.#held;
    if (held?.position !== position) return null;
    held.handling++;
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      held.handling--;
      endOnceQuiet(held);
    };
  }

  /** Nothing of the message is to follow. The turn ends when no handler of it runs any more. */
  over(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    held.isOver = true;
    endOnceQuiet(held);
  }
}

function endOnceQuiet(held: Held): void {
  if (held.isOver && held.handling === 0) held.end();
}
