// The two waits of a policy: for room in its bulkhead, and for the time of a retry. Both end early when their caller aborts, and leave no
// timer or listener behind.
import type { Host } from "../spi/host.ts";
import { giveUp, type Bulkhead } from "./bulkhead.ts";
import type { ExpiryWatch, Watched } from "./expiry-watch.ts";

/** One run that waits for room. */
export class Waiter implements Watched {
  readonly expiresAt: number;
  watchedNext: Watched | null = null;
  watchedPrevious: Watched | null = null;
  readonly #bulkhead: Bulkhead<Waiter>;
  readonly #expired: () => unknown;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(bulkhead: Bulkhead<Waiter>, expiresAt: number, expired: () => unknown) {
    this.#bulkhead = bulkhead;
    this.expiresAt = expiresAt;
    this.#expired = expired;
  }

  /** Resolves when it may begin. */
  async wait(watch: ExpiryWatch, signal: AbortSignal | undefined): Promise<void> {
    const aborted = (): void => { this.#end(signal?.reason); };
    if (this.expiresAt < Infinity) watch.add(this);
    signal?.addEventListener("abort", aborted, { once: true });
    try {
      await new Promise<void>((resolve, reject) => { this.#resolve = resolve; this.#reject = reject; });
    } finally {
      watch.remove(this);
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** It was given room, and counts already. */
  begin(): void {
    this.#resolve();
  }

  expire(): void {
    this.#end(this.#expired());
  }

  /** Only one that still waits: room that was given must be used, or nobody gives it back. */
  #end(reason: unknown): void {
    if (giveUp(this.#bulkhead, this)) this.#reject(reason);
  }
}

/** Resolves at `untilMs` of the host's elapsed clock; rejects with the signal's reason when it aborts. */
export function waitUntil(host: Host, untilMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse: (reason: unknown) => void = reject;
    const aborted = (): void => {
      cancel();
      refuse(signal?.reason);
    };
    const cancel = host.after(Math.max(0, untilMs - host.elapsed()), () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    });
    if (signal === undefined) return;
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
}
