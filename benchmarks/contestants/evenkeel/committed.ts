// Tells when what a handler ran for was committed. The public API counts committed messages; a service commits them in the order in which
// its handlers first ran, in one process and as long as nothing is parked. So the n-th message counted is the n-th that was run first.
export class Committed<T> {
  readonly #order: { readonly id: string; readonly value: T | null }[] = [];
  readonly #seen = new Set<string>();
  readonly #count: () => number;
  readonly #tell: (value: T) => void;
  readonly #timer: NodeJS.Timeout;
  #told = 0;
  #next = 0;

  /** @param count how many messages the service has committed; looked at every `everyMs`. */
  constructor(count: () => number, tell: (value: T) => void, everyMs = 2) {
    this.#count = count;
    this.#tell = tell;
    this.#timer = setInterval(() => { this.#look(); }, everyMs);
  }

  /** A handler runs for a message; runs ahead and repeated runs count once. `null`: nobody wants to know. */
  run(id: string, value: T | null): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#order.push({ id, value });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    for (const count = this.#count(); this.#told < count; this.#told++) {
      const one = this.#order[this.#next++];
      if (one === undefined) throw new Error("more messages were committed than handlers ran");
      this.#seen.delete(one.id);
      if (one.value !== null) this.#tell(one.value);
    }
    if (this.#next <= 10_000) return;
    this.#order.splice(0, this.#next);
    this.#next = 0;
  }
}
