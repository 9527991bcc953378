// A run's document as text, written again after each message that comes for the run. What does not change is made into text once: a run of a thousand
// steps would else write the first of them a thousand times.
import type { AnyRun, Entry } from "./journal.ts";

/** What of a document another message may change, its journal aside. */
type Changing = Pick<AnyRun, "status" | "result" | "failure" | "endedAt" | "inbox" | "unread" | "owed" | "answers" | "strays">;

export class RunText {
  /** Without its braces. */
  readonly #fixed: string;
  /** Entries never change once they are written. */
  readonly #entries: string[] = [];

  constructor(document: AnyRun) {
    const {
      status: _status, result: _result, failure: _failure, endedAt: _endedAt, inbox: _inbox, unread: _unread, owed: _owed, answers: _answers, strays: _strays,
      journal: _journal, ...fixed
    } = document;
    // The rest, also what a later version has added.
    this.#fixed = JSON.stringify(fixed).slice(1, -1);
  }

  /** The document; its journal holds the entries of the time before, and maybe more. */
  write(changing: Changing, journal: readonly Entry[]): string {
    for (let at = this.#entries.length; at < journal.length; at++) this.#entries.push(JSON.stringify(journal[at]));
    return `${JSON.stringify(changing).slice(0, -1)},${this.#fixed},"journal":[${this.#entries.join(",")}]}`;
  }
}
