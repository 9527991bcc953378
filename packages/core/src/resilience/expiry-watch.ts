// Ends what has an expiry with one timer of the host for all of it, which is armed for the earliest and left as it is while calls come and
// go. It decides no expiry. Late by at most 1 ms per 1,000 watched, so that a look at all of them never takes up the loop.
import type { Host } from "../spi/host.ts";

/** Something with an expiry, a link of the watch's list. One object is in one list at most. */
export interface Watched {
  /** By the host's elapsed clock; Infinity: never. */
  readonly expiresAt: number;
  watchedNext: Watched | null;
  watchedPrevious: Watched | null;
  /** The time has come; it is watched no more. */
  expire(): void;
}

export class ExpiryWatch {
  readonly #host: Host;
  #first: Watched | null = null;
  #last: Watched | null = null;
  #count = 0;
  #armedAt = Infinity;
  #cancel: () => void = () => undefined;
  #resting = false;

  constructor(host: Host) {
    this.#host = host;
  }

  add(one: Watched): void {
    one.watchedPrevious = this.#last;
    one.watchedNext = null;
    if (this.#last === null) this.#first = one;
    else this.#last.watchedNext = one;
    this.#last = one;
    this.#count++;
    if (one.expiresAt < this.#armedAt) this.#arm(one.expiresAt);
  }

  remove(one: Watched): void {
    if (one.watchedPrevious === null && this.#first !== one) return;
    if (one.watchedPrevious === null) this.#first = one.watchedNext;
    else one.watchedPrevious.watchedNext = one.watchedNext;
    if (one.watchedNext === null) this.#last = one.watchedPrevious;
    else one.watchedNext.watchedPrevious = one.watchedPrevious;
    one.watchedPrevious = null;
    one.watchedNext = null;
    this.#count--;
    // The host's timers keep a process alive. Not at once: the next call is often a moment away, and a timer costs more than the call.
    if (this.#count > 0 || this.#resting || this.#armedAt === Infinity) return;
    this.#resting = true;
    this.#host.soon(this.#rest);
  }

  readonly #rest = (): void => {
    this.#resting = false;
    if (this.#count > 0) return;
    this.#cancel();
    this.#armedAt = Infinity;
  };

  #arm(at: number): void {
    this.#cancel();
    this.#armedAt = at;
    this.#cancel = this.#host.after(Math.max(0, at - this.#host.elapsed()), this.#fire);
  }

  readonly #fire = (): void => {
    const nowMs = this.#host.elapsed();
    this.#armedAt = Infinity;
    const over: Watched[] = [];
    let next = Infinity;
    for (let one = this.#first; one !== null; one = one.watchedNext) {
      if (one.expiresAt <= nowMs) over.push(one);
      else if (one.expiresAt < next) next = one.expiresAt;
    }
    if (next < Infinity) this.#arm(Math.max(next, nowMs + this.#count / 1_000));
    // Whoever ends may add and remove others.
    for (const one of over) {
      this.remove(one);
      one.expire();
    }
  };
}
