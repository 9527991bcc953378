// What came for a run beside what it was told: messages that nobody has waited for yet, answers that are still owed, and what came for nothing. It
// gives messages out one by one, and drops none of a run that is under way.
import { checkBuffered, lateAnswer, withOwed } from "./inbox.ts";
import type { AnyRun, Buffered, Owed, Stray } from "./journal.ts";
import { asUnread, withStray, type Came } from "./strays.ts";
import { isAwaited, type AwaitedNames } from "./wait-by-key.ts";

export class Mailbox {
  #inbox: readonly Buffered[];
  #owed: readonly Owed[];
  #strays: readonly Stray[];
  /** How many messages there were when the run was last written down. */
  #written: number;

  constructor({ inbox, owed = [], strays }: AnyRun) {
    this.#inbox = inbox;
    this.#owed = owed;
    this.#strays = strays;
    this.#written = inbox.length;
  }

  get inbox(): readonly Buffered[] { return this.#inbox; }
  get strays(): readonly Stray[] { return this.#strays; }
  get owed(): Pick<AnyRun, "owed"> { return this.#owed.length === 0 ? {} : { owed: this.#owed }; }

  /** As they are written down. A run that has ended waits for nothing; one with a parent is not restarted, either. */
  messages(ended: boolean, hasParent: boolean, now: number): Pick<AnyRun, "inbox" | "unread" | "strays"> {
    if (!ended) return { inbox: this.#inbox, strays: this.#strays };
    if (hasParent || this.#inbox.length === 0) return { inbox: [], strays: this.#strays };
    return { inbox: [], ...asUnread(this.#inbox, this.#strays, now) };
  }

  keep(message: Buffered): void {
    this.#inbox = [...this.#inbox, message];
  }

  /** A message that the run waits for, or may wait for later, or that comes too late for what it asked. */
  receive(message: Buffered, came: Came): void {
    const late = lateAnswer(this.#owed, message.name);
    if (late === null) return this.keep(message);
    this.#owed = late.owed;
    this.stray(came, `it answers '${late.to.name}' when its time was over`);
  }

  /** The first message that is waited for, taken out; null: there is none. */
  take(awaited: AwaitedNames): Buffered | null {
    const found = this.#inbox.find((message) => isAwaited(awaited, message)) ?? null;
    if (found !== null) this.#inbox = this.#inbox.filter((message) => message !== found);
    return found;
  }

  /** The time of what was asked for is over, and its answer is still to come. */
  owe(ask: Owed): void {
    this.#owed = withOwed(this.#owed, ask);
  }

  stray(came: Came, why: string): void {
    this.#strays = withStray(this.#strays, came, why);
  }

  /**
   * Throws `WORKFLOW_INBOX_FULL` where there are more than a run keeps, and more than there were: what a restart gave back stands, and what brings no
   * message is not held up by those that are there.
   */
  check(most: number, workflow: string, run: string): void {
    if (this.#inbox.length > this.#written) checkBuffered(this.#inbox, most, workflow, run);
    this.#written = this.#inbox.length;
  }
}
