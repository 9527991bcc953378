// The calls of the executor's exploration: rows that end once. An outcome takes effect in the commit that removes its row, or is appended by it
// and handled from the log; never both, and never before another outcome of its key that ended earlier.
import type { Changes } from "../../message/changes.ts";
import type { CallUpdate, Commit } from "../../spi/store.ts";
import type { Envelope } from "../../message/envelope.ts";
import { messageOf } from "./toy-message.ts";

interface Row { readonly id: string; readonly key: string; readonly partition: number }

/** Whether it is what a handler emitted of an outcome that was decided with its call. */
export function isOfCall({ id }: { readonly id: string }): boolean {
  return id.startsWith("effect-call-");
}

function numberOf(id: string): number {
  return Number(id.split("-").at(-1));
}

export class OracleCalls {
  readonly #rows = new Map<string, Row>();
  readonly #say: (what: string) => string;
  #count = 0;

  constructor(say: (what: string) => string) {
    this.#say = say;
  }

  request(partition: number, key: string): string {
    const id = `call-${String(++this.#count)}`;
    this.#rows.set(id, { id, partition, key });
    return id;
  }

  rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  update(row: Row): CallUpdate {
    const { position: _, ...envelope } = messageOf({ ...row, position: 0 });
    const outcome: Envelope = { ...envelope, id: row.id };
    return { id: row.id, change: { kind: "remove" }, outcome };
  }

  /** What a toy handler decides of an outcome with its call. The store refuses the statements of some, and cannot hold the changes of others. */
  effectOf(outcome: Envelope): Changes {
    return {
      documents: [], calls: [], answers: [], timers: [], cancelledTimers: [],
      messages: [{ ...outcome, id: `effect-${outcome.id}` }],
      sql: numberOf(outcome.id) % 11 === 0 ? [{ name: "toy", text: outcome.id, values: [], rows: null }] : [],
    };
  }

  isRejected({ messages }: Commit): boolean {
    return messages.some((message) => isOfCall(message) && numberOf(message.id) % 13 === 0);
  }

  /** Ends calls as a commit says. Returns the outcomes that took effect with it, and those that it appends. */
  apply({ callUpdates, messages }: Commit): { readonly direct: readonly Row[]; readonly appended: readonly Envelope[] } {
    const effects = new Set(messages.filter(isOfCall).map(({ id }) => id.replace("effect-", "")));
    const direct: Row[] = [];
    const appended: Envelope[] = [];
    for (const { id, outcome } of callUpdates) {
      const row = this.#rows.get(id);
      if (effects.has(id)) {
        if (row === undefined) throw new Error(this.#say(`the outcome of ${id} took effect, and its row was gone`));
        if (outcome !== null) throw new Error(this.#say(`the outcome of ${id} took effect and is appended as well`));
        direct.push(row);
      } else if (row !== undefined) {
        if (outcome === null) throw new Error(this.#say(`${id} ended without its outcome`));
        appended.push(outcome);
      }
      this.#rows.delete(id);
      effects.delete(id);
    }
    if (effects.size > 0) throw new Error(this.#say(`an outcome took effect whose call goes on: ${[...effects].join()}`));
    return { direct, appended };
  }
}
