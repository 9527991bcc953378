// What stands still in the processes of an application, in the database: how a process writes it down, how it is read, and when it goes. The
// heartbeat's thread writes, because a process that waits for a connection of its pool, or whose loop hangs, could not.
import type { ReportedStall } from "@evenkeel/core/spi";
import { number, storeError, text } from "./connection.ts";
import type { Scope } from "./scope.ts";

/** Something that stands still in a worker, as `StallFinding` of its `app.health()`. */
export interface StallState extends ReportedStall {
  readonly worker: string;
  readonly host: string;
  readonly pid: number;
  /** Whether the worker's heartbeat still comes. */
  readonly alive: boolean;
}

/** So much is kept of one process: what stands first says most, and the log has the rest. */
const MOST_FOUND = 8;
const MOST_NAME = 200;
const MOST_MESSAGE = 500;
/** What a worker that is gone wrote last is shown, and kept, for so long. */
const GONE_MINUTES = 10;

/** As the thread is to write it: JSON, or null where nothing stands still. */
export function reportOf(found: readonly ReportedStall[]): string | null {
  if (found.length === 0) return null;
  // PostgreSQL's JSON takes neither NUL nor half of a surrogate pair.
  const cut = (words: string, most: number): string => words.slice(0, most).replaceAll("\u0000", "").replaceAll(/\p{Surrogate}/gu, "\ufffd");
  return JSON.stringify(found.slice(0, MOST_FOUND).map(({ kind, name, forMs, limitMs, count, message }) =>
    ({ kind, name: cut(name, MOST_NAME), forMs: Math.round(forMs), limitMs: Math.round(limitMs), count, message: cut(message, MOST_MESSAGE) })));
}

/** Longest first. */
export async function stalls({ s, database }: Scope): Promise<readonly StallState[]> {
  try {
    const rows = await database.query(`
      select t.worker, t.host, t.pid, coalesce(w.heartbeat_at + w.lease_ms * interval '1 millisecond' > clock_timestamp(), false),
        f->>'kind', f->>'name', round((f->>'forMs')::float8 + extract(epoch from clock_timestamp() - t.written_at) * 1000) as for_ms,
        f->>'limitMs', f->>'count', f->>'message'
      from ${s}.worker_stall t left join ${s}.worker w on w.id = t.worker cross join json_array_elements(t.found) f
      where w.id is not null or t.written_at > clock_timestamp() - interval '${String(GONE_MINUTES)} minutes' order by for_ms desc, t.worker`);
    return rows.map((row): StallState => ({
      worker: text(row[0]), host: text(row[1]).split("/")[0] ?? "", pid: number(row[2]), alive: row[3] === "t",
      kind: text(row[4]), name: text(row[5]), forMs: number(row[6]), limitMs: number(row[7]), count: number(row[8]), message: text(row[9]),
    }));
  } catch (error) {
    throw storeError(error, "reading what stands still");
  }
}

/** Part of housekeeping. */
export async function forgetStalls({ s, database }: Scope): Promise<void> {
  await database.query(`
    delete from ${s}.worker_stall t where t.written_at < clock_timestamp() - interval '${String(GONE_MINUTES)} minutes'
      and not exists (select 1 from ${s}.worker w where w.id = t.worker)`);
}
