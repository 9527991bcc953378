// One attempt under a policy: what the called function is given, and who ends it first, its answer, its time or its caller. The signal is
// made when it is asked for. It decides no retry and counts nothing.
import type { Watched } from "./expiry-watch.ts";

/** What a function under a policy is given. */
export interface PolicyAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** By the host's elapsed clock, Infinity for none: hand it to the policies you call (`policy.run(fn, { deadline })`). */
  readonly deadline: number;
  /** Aborts at the timeout, at the deadline, and when the caller aborts: stop the work, do not just stop waiting. */
  readonly signal: AbortSignal;
}

/** Makes the error of an attempt whose time is up. */
type Expired = (expiresAt: number, deadline: number) => unknown;

function nothing(): void {
  // Before it runs there is nobody to tell.
}

export class Attempt<T> implements PolicyAttempt, Watched {
  readonly attempt: number;
  readonly deadline: number;
  readonly expiresAt: number;
  watchedNext: Watched | null = null;
  watchedPrevious: Watched | null = null;
  /** Its time was up before it had ended. */
  expired = false;
  readonly #expired: Expired;
  #controller: AbortController | null = null;
  #ended = false;
  #reason: unknown = null;
  #reject: (reason: unknown) => void = nothing;

  constructor(attempt: number, deadline: number, expiresAt: number, expired: Expired) {
    this.attempt = attempt;
    this.deadline = deadline;
    this.expiresAt = expiresAt;
    this.#expired = expired;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Settles as `fn` does, or as soon as the attempt is ended; what comes of `fn` after that is ignored. */
  run(fn: (attempt: PolicyAttempt) => PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      fn(this).then(resolve, reject);
    });
  }

  expire(): void {
    this.expired = true;
    this.end(this.#expired(this.expiresAt, this.deadline));
  }

  end(reason: unknown): void {
    this.#ended = true;
    this.#reason = reason;
    this.#reject(reason);
    this.#controller?.abort(reason);
  }
}
