// Clients that wait for the ends of their runs, by the runs' ids. Whoever is told of twice, or waited for by nobody, is passed over.
export class Waiting {
  readonly #waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();

  for(id: string): Promise<void> {
    return new Promise<void>((resolve, reject) => { this.#waiting.set(id, { resolve, reject }); });
  }

  end(id: string): void {
    this.#waiting.get(id)?.resolve();
    this.#waiting.delete(id);
  }

  fail(id: string, error: Error): void {
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
  }
}
