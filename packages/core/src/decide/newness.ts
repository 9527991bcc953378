// Which documents are new. The first message of an order finds no order: to ask the store so each time costs a round trip before every commit. Where
// one kind of message has long found no document of one kind, the next is taken to be absent, too, without asking. The commit compares versions as ever:
// where it was there after all, nothing of the commit happens, its messages are decided again from what is stored, and nothing is presumed for long.

/** So many finds in a row: a message in a hundred that comes twice must not have commits repeated again and again. */
const SURE_AFTER = 256;

export class Newness {
  /** By the message's name and the entity's: how often in a row it was absent. */
  readonly #absent = new Map<string, Map<string, number>>();
  readonly #sureAfter: number;

  constructor(sureAfter = SURE_AFTER) {
    this.#sureAfter = sureAfter;
  }

  /** Whether a document of this entity that nobody has at hand is presumed to be absent. */
  presumes(message: string, entity: string): boolean {
    return (this.#absent.get(message)?.get(entity) ?? 0) >= this.#sureAfter;
  }

  /** What a read has found, unless it was presumed. */
  found(message: string, entity: string, isAbsent: boolean): void {
    let counts = this.#absent.get(message);
    if (counts === undefined) {
      counts = new Map<string, number>();
      this.#absent.set(message, counts);
    }
    counts.set(entity, isAbsent ? (counts.get(entity) ?? 0) + 1 : 0);
  }

  /** A commit found another version of a document than was decided on. */
  doubt(): void {
    this.#absent.clear();
  }
}
