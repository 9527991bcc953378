// Housekeeping by the owner of maintenance: segments ahead, old segments dropped, spent rows rotated out, door records expired. Each look
// is short, gives up what would make others wait, and leaves the rest to the next one.
import { number, text } from "./connection.ts";
import type { Retention } from "./retention.ts";
import { rotate, type Rotating } from "./rotation.ts";
import type { Scope } from "./scope.ts";
import { closeSegments, dropSegment, ensureSegments } from "./segments.ts";
import { forgetStalls } from "./worker-stalls.ts";

/** Returns the housekeeping of one store: one look per call. */
export function housekeeping(scope: Scope, retention: Retention): () => Promise<void> {
  const waitFor = new Map<Rotating, number>();
  const expireDoor = doorExpiry(scope, retention);
  return async () => {
    await ensureSegments(scope);
    await closeSegments(scope);
    await dropSegment(scope, retention);
    for (const name of ["progress", "call", "timer"] as const) await rotate(scope, name, retention, waitFor);
    await expireDoor();
    await forgetStalls(scope);
  };
}

const EXPIRE_ROWS = 20_000;
const LATE_MS = 3_600_000;

/**
 * Deletes what the door may forget. A pass begins where the last one ended: under an old snapshot deleted rows stay, and would be stepped
 * over again and again. A record that its transaction committed more than an hour after writing it stays until another worker looks.
 */
function doorExpiry({ s, database: { patient } }: Scope, { dedupeMs }: Pick<Retention, "dedupeMs">): () => Promise<void> {
  const pauseMs = Math.min(60_000, dedupeMs / 20);
  let after = "-infinity";
  let nextAt = 0;
  return async () => {
    if (performance.now() < nextAt) return;
    // Fixed before the statement: only such a value can be looked up in an index.
    const [cut] = await patient.query("select (now() - $1 * interval '1 millisecond')::text, (now() - ($1 + $2) * interval '1 millisecond')::text", [dedupeMs, LATE_MS]);
    const [gone] = await patient.query(`
      with gone as (
        delete from ${s}.door where ctid = any(array(
          select ctid from ${s}.door where created_at >= $1::timestamptz and created_at < $2::timestamptz limit $3)) returning 1)
      select count(*) from gone`, [after, cut?.[0], EXPIRE_ROWS]);
    if (number(gone?.[0]) === EXPIRE_ROWS) return;
    after = text(cut?.[1]);
    nextAt = performance.now() + pauseMs;
  };
}
