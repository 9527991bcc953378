// Names of statements that connections keep. A name stands for one text, whoever uses it: behind a pooler in transaction mode it may reach a
// connection where another process prepared it, and must mean the same there. Where a pooler has none of it, names are given up for good.
import { createHash } from "node:crypto";

/** Each connection keeps a plan for each name. */
const MOST_NAMES = 100;

export class StatementNames {
  readonly #names = new Map<string, string>();
  #isGivenUp = false;

  /** The name of a text, or undefined where it is to have none. */
  nameOf(text: string): string | undefined {
    if (this.#isGivenUp) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMES) return known;
    const name = `evenkeel_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
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
