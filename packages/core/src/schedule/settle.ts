// What a look at a schedule decides, as a pure function: which occurrences are sent now, which were missed, and when the next one is. It knows of no
// message, no document and no clock.
import { lastIn, type Calendar } from "./calendar.ts";

/**
 * What becomes of occurrences that could not be sent in time: `skip` none is made up, `last` the newest one, `all` each in its order. An occurrence is in
 * time within a minute.
 */
export type CatchUp = "skip" | "last" | "all";

export interface Policy {
  readonly calendar: Calendar;
  readonly catchUp: CatchUp;
  /** How far back `last` and `all` reach. */
  readonly windowMs: number;
}

interface Look {
  /** Every occurrence until then has been sent or given up. */
  readonly throughMs: number;
  /** The time as the worker knows it: it says how late an occurrence is. */
  readonly nowMs: number;
  /** A time that the store's clock has reached: until then occurrences are due whatever the worker's clock says. -Infinity: none is known. */
  readonly reachedMs: number;
}

interface Settled {
  readonly send: readonly number[];
  /** The newest occurrence that is given up. */
  readonly missed: number | null;
  readonly throughMs: number;
  readonly nextMs: number | null;
}

/** An occurrence that is no later than this is in time. A worker's clock may differ from the store's by as much. */
const IN_TIME_MS = 60_000;
/** How many occurrences one commit makes up; the others follow at once. */
const MOST_AT_ONCE = 100;

export function settle({ calendar, catchUp, windowMs }: Policy, { throughMs, nowMs, reachedMs }: Look): Settled {
  const clock = Math.max(nowMs, reachedMs);
  // What the worker's clock alone says is due waits for the store's, unless it is past doubt: so nothing is sent early.
  const horizon = Math.max(reachedMs, nowMs - IN_TIME_MS);
  const first = calendar.next(throughMs);
  if (first === null || first > horizon) return { send: [], missed: null, throughMs, nextMs: first };
  const inTime = Math.max(throughMs, clock - IN_TIME_MS);
  const inWindow = catchUp === "skip" ? inTime : Math.max(throughMs, clock - Math.max(windowMs, IN_TIME_MS));
  const listed = list(calendar, catchUp === "last" ? inTime : inWindow, horizon);
  let { send } = listed;
  // One in time that waits for the store's clock is newer than all that was missed.
  if (catchUp === "last" && send.length === 0 && (calendar.next(inTime) ?? Infinity) > clock) {
    const last = lastIn(calendar, inWindow, horizon);
    if (last !== null) send = [last];
  }
  const missed = lastIn(calendar, throughMs, (send[0] ?? horizon + 1) - 1);
  const through = listed.isCut ? send.at(-1) ?? horizon : horizon;
  return { send, missed, throughMs: through, nextMs: calendar.next(through) };
}

function list(calendar: Calendar, afterMs: number, untilMs: number): { send: readonly number[]; readonly isCut: boolean } {
  const send: number[] = [];
  for (let next = calendar.next(afterMs); next !== null && next <= untilMs; next = calendar.next(next)) {
    if (send.length === MOST_AT_ONCE) return { send, isCut: true };
    send.push(next);
  }
  return { send, isCut: false };
}
