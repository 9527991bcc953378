// Counts handled messages inside a worker: each number once, repeats apart, and the moment the last one was handled.
import { now } from "./clock.ts";

interface Tally {
  add(id: number): void;
  readonly distinct: number;
  readonly repeats: number;
  /** Resolves with the time at which the last missing message was handled. */
  readonly complete: Promise<number>;
}

export function tallyOf(count: number): Tally {
  const seen = new Uint8Array(count);
  let distinct = 0;
  let repeats = 0;
  let finish: (at: number) => void = () => undefined;
  const complete = new Promise<number>((resolve) => (finish = resolve));
  return {
    add(id) {
      if (!(id >= 0 && id < count)) throw new Error(`message ${id} was never published`);
      if (seen[id] === 1) {
        repeats++;
        return;
      }
      seen[id] = 1;
      distinct++;
      if (distinct === count) finish(now());
    },
    get distinct() {
      return distinct;
    },
    get repeats() {
      return repeats;
    },
    complete,
  };
}
