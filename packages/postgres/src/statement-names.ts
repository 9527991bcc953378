// Names of statements that connections keep. A name stands for one text, whoever uses it: behind a pooler in transaction mode it may reach a
// connection where another process prepared it, and must mean the same there. Where a pooler has none of it, names are given up for good.
import { createHash } from "node:crypto";

/**
 * A name for each of the 32 shapes of a commit, for reads, publishes and the like, and for each set of six entities that may be loaded together (63). What
 * comes after those is sent without a name. There is an end, since the server keeps a plan for each name in each connection: 16 kB for a commit, 12 to 50 kB
 * for a load of one to four entities (pg_backend_memory_contexts, PostgreSQL 18), so up to some 3 MB.
 */
const MOST_NAMES = 100;

export class StatementNames {
  readonly #names = new Map<string, string>();
  #isGivenUp = false;

  /** The name of a text, or undefined where it is to have none. */
  nameOf(text: string): string | undefined {
    if (this.#isGivenUp) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMES) return known;
    // The function in it is for people who look into pg_prepared_statements, or at what is sent.
    const called = /\.(\w{1,20})\(/.exec(text)?.[1] ?? "statement";
    const name = `evenkeel_${called}_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
    this.#names.set(text, name);
    return name;
  }

  giveUp(): void {
    this.#isGivenUp = true;
  }
}

/** Whether a statement was refused for its name: the connection does not know it (26000), or knows it already (42P05). */
export function isNameTrouble(state: string): boolean {
  return state === "26000" || state === "42P05";
}
