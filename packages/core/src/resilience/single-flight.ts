// A single flight: callers who want the same thing at the same time share one run of the work, and its end. It remembers nothing once that
// run has ended, reads no clock, and repeats nothing.

/** Made by {@link singleFlight}. */
export interface SingleFlight<T> {
  /**
   * Joins the run for `key` that is under way, or begins one. Settles as that run does.
   *
   * @param options.signal ends this caller's waiting with the signal's reason; the run goes on for the others.
   */
  run(key: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<T>;
  /** Runs under way now. */
  readonly underWay: number;
}

/**
 * Makes a single flight around `work`, for what is costly, the same for all callers, and needed by many at once: a token, a configuration, a
 * price list.
 *
 * Guarantees: at most one run per key at a time; everyone who came while it was under way gets its result or its error; who comes after it
 * has ended begins another, so a failure is shared and never remembered. Does not cache results, does not retry, and does not stop the work
 * when its callers have gone: give it a timeout of its own.
 *
 * Errors: whatever the work throws, the reason of the caller's signal.
 *
 * @example
 * const tokens = singleFlight((tenant) => fetchToken(tenant));
 * const [a, b] = await Promise.all([tokens.run("shop"), tokens.run("shop")]); // one fetch, a === b
 */
export function singleFlight<T>(work: (key: string) => PromiseLike<T> | T): SingleFlight<T> {
  const flights = new Map<string, Promise<T>>();

  function begin(key: string): Promise<T> {
    // It runs only once the flight can be joined, and a synchronous throw is a rejection.
    const flight = Promise.resolve().then(async () => {
      try {
        return await work(key);
      } finally {
        flights.delete(key);
      }
    });
    flights.set(key, flight);
    return flight;
  }

  return {
    async run(key, { signal } = {}) {
      signal?.throwIfAborted();
      const flight = flights.get(key) ?? begin(key);
      return signal === undefined ? flight : unlessAborted(flight, signal);
    },
    get underWay() { return flights.size; },
  };
}

function unlessAborted<T>(flight: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    // Passed on as it is, whatever the work or the caller made of it.
    const refuse: (reason: unknown) => void = reject;
    const aborted = (): void => { refuse(signal.reason); };
    const done = (): void => { signal.removeEventListener("abort", aborted); };
    signal.addEventListener("abort", aborted, { once: true });
    flight.then(
      (value) => { done(); resolve(value); },
      (error: unknown) => { done(); refuse(error); },
    );
  });
}
