// The timers that are due, read by their owner. What has fired is deleted, but while somebody holds an old snapshot its entries stay in the index, in front
// of all that is due: whoever starts from the beginning walks over them at every look. So a look starts near the first timer that the one before it met.
import type { DueTimers, TimerStore } from "@evenkeel/core/spi";
import { int4Array } from "./arrays.ts";
import { number, storeError, text } from "./connection.ts";
import { messageOf } from "./envelopes.ts";
import type { Scope } from "./scope.ts";

/** A timer of "now" is committed a little after its time, when a look may have passed over it. */
const MARGIN_S = 2;
/** What was committed later than that, or with a time long past, is found by a look from the beginning. */
const WHOLE_EVERY_MS = 1_000;

/** `first`: when the first timer was due, in seconds since 1970. */
interface Looked { readonly partitions: string; readonly wholeAt: number; readonly first: string | null }

/**
 * A reader that remembers where it found the first timer. One that is committed more than two seconds after its time may be found a second later than
 * it could be: owners look at least once a second.
 *
 * @param elapsedMs a clock that never goes back.
 */
export function timerReader(scope: Pick<Scope, "s" | "database">, elapsedMs: () => number): TimerStore["readTimers"] {
  let last: Looked | null = null;
  return async (request) => {
    const partitions = request.partitions.join();
    const now = elapsedMs();
    const before = last;
    const near = before?.partitions === partitions && now - before.wholeAt < WHOLE_EVERY_MS ? before : null;
    const { due, first } = await read(scope, request, near?.first ?? null);
    // A look that met none says nothing of where the next one is.
    last = { partitions, wholeAt: near?.wholeAt ?? now, first: first ?? (before?.partitions === partitions ? before.first : null) };
    return due;
  };
}

async function read(
  { s, database }: Pick<Scope, "s" | "database">, { partitions: asked, limit }: { readonly partitions: readonly number[]; readonly limit: number }, since: string | null,
): Promise<{ readonly due: DueTimers; readonly first: string | null }> {
  try {
    const partitions = int4Array(asked);
    // One look into the index per partition. clock_timestamp() changes during a statement, so that no index could be used with it.
    const rows = await database.query(
      `
      select t.timer, t.partition, t.version, t.occurred_at, t.id, t.causation_id, t.name, t.tenant, t.key, t.correlation_id, t.trace, t.body, extract(epoch from t.fire_at)
      from unnest($1::int[]) p cross join lateral (
        select * from ${s}.timer t where t.partition = p and t.fire_at <= statement_timestamp()
          and t.fire_at >= coalesce(to_timestamp($3::float8 - ${String(MARGIN_S)}), '-infinity')
        order by t.fire_at, t.timer limit $2) t
      order by t.fire_at, t.timer limit $2`,
      [partitions, limit, since],
    );
    const [next] = await database.query(
      `
      select extract(epoch from min(t.fire_at) - clock_timestamp()) * 1000 from unnest($1::int[]) p cross join lateral (
        select fire_at from ${s}.timer t where t.partition = p and t.fire_at > statement_timestamp() order by t.fire_at limit 1) t`,
      [partitions],
    );
    const [soonest] = rows;
    return {
      due: {
        due: rows.map((row) => {
          const { position, ...message } = messageOf(row);
          return { id: position, message };
        }),
        nextInMs: next?.[0] == null ? null : Math.max(0, number(next[0])),
      },
      first: soonest === undefined ? null : text(soonest[12]),
    };
  } catch (error) {
    throw storeError(error, "reading timers");
  }
}
