// The desk and the books: each performance is a row of a table, with its key, before it is answered. By a seed they are slow, refuse for now, or perform
// and then say nothing that can be understood. They keep no order and forget nothing.
import { setTimeout as pause } from "node:timers/promises";
import { notPerformed, provide } from "evenkeel";
import pg from "pg";
import type { Random } from "../ledger/random.ts";
import { books, desk, isDeclined, type Fate, type Work } from "./trips.ts";

interface Asked { readonly key: string; readonly input: Work }

interface ProviderOptions {
  readonly url: string;
  readonly schema: string;
  readonly random: Random;
  readonly fate: Fate;
  /** Called before anything is performed; what it waits for holds the call up. */
  readonly gate: (what: string, trip: string) => Promise<void>;
  /** The share of attempts that go wrong, and the longest pause on either side. */
  readonly trouble: number;
  readonly slowMs: number;
}

export function tripPorts({ url, schema, random, fate, gate, trouble, slowMs }: ProviderOptions) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  // A connection that is lost while nobody uses it is nobody's failure.
  pool.on("error", () => undefined);
  const performed = async (operation: string, { key, input: { trip, what } }: Asked): Promise<{ readonly receipt: string }> => {
    await gate(what, trip);
    await pause(random.below(slowMs + 1));
    fate.at("before a call", trip);
    if (random() < trouble) throw notPerformed("the desk is closed for a moment", { afterMs: 5 });
    await pool.query(`insert into "${schema}".performed (effect, key) values ($1, $2)`, [`${operation} ${what} of ${trip}`, key]);
    fate.at("after a call", trip);
    await pause(random.below(slowMs + 1));
    if (random() < trouble) throw new Error("the desk hung up");
    return { receipt: key };
  };
  const ok = (operation: string) => ({ perform: async (asked: Asked) => ({ kind: "ok" as const, value: await performed(operation, asked) }) });
  const paid = (trip: string, receipt: string) => isDeclined(trip)
    ? { kind: "declined" as const, value: { why: "the name" } } : { kind: "ok" as const, value: { receipt } };
  return {
    ports: [
      provide(desk, {
        book: ok("book"), cancel: ok("cancel"), look: ok("look"),
        pay: {
          perform: async (asked) => paid(asked.input.trip, (await performed("pay", asked)).receipt),
          // Nothing that was begun under this key comes about any more: who was asked last holds the row.
          ask: async ({ key, input: { trip } }) => {
            const { rowCount } = await pool.query(`select from "${schema}".performed where key = $1 limit 1`, [key]);
            return rowCount === 0 ? { kind: "absent" as const } : paid(trip, key);
          },
        },
      }),
      provide(books, { post: ok("post") }),
    ],
    close: () => pool.end(),
  };
}
