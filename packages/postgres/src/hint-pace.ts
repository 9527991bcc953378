// How often this process may send a hint: every process hears each of them, so all senders together keep to a rate. It sends nothing.

/** The least time between two hints of a process: what happens in it travels together. */
const LEAST_GAP_MS = 10;
/** Each leaves so much time for every sender: a thousand hints a second of all together. */
const GAP_PER_SENDER_MS = 1;
/** Whoever was not heard for so long sends no more. */
const FORGET_MS = 10_000;

/** Times are milliseconds of one clock that does not go back. */
export class HintPace {
  /** Other processes, and when each was last heard. */
  readonly #senders = new Map<string, number>();
  #forgotAt = 0;

  heard(sender: string, nowMs: number): void {
    this.#senders.set(sender, nowMs);
  }

  gapMs(nowMs: number): number {
    if (nowMs - this.#forgotAt > FORGET_MS) {
      for (const [sender, at] of this.#senders) if (nowMs - at > FORGET_MS) this.#senders.delete(sender);
      this.#forgotAt = nowMs;
    }
    return Math.max(LEAST_GAP_MS, (this.#senders.size + 1) * GAP_PER_SENDER_MS);
  }
}
