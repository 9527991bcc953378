// Calendars: which instants a schedule names. A calendar is a pure function of an instant, so that every process and the checker see the same
// occurrences. Cron expressions and time zones are not here: they need a library, which core does not have (`cron` in the package `evenkeel`).
import { EvenkeelError } from "../errors.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
import { milliseconds, type Duration } from "../workflow/duration.ts";

/** Instants in ascending order, perhaps without end. All are milliseconds since 1970. */
export interface Calendar {
  /** What it says, for people; another text is another plan. */
  readonly text: string;
  /** The first instant after `afterMs`, or null when there is none. The same answer at every call: it may not look at a clock. */
  next(afterMs: number): number | null;
}

const LEAST_MS = 1_000;

interface EveryOptions {
  /** The first instant; default: counted from 1970 in UTC. */
  readonly from?: Date;
}

const EVERY_NAMES: OptionNames<EveryOptions> = { from: true };

/**
 * A calendar of equal intervals. They are counted from 1970 in UTC, so that `{ hours: 1 }` means every full hour, and a restart moves nothing; or from
 * `from`, before which there is none. Days have 24 hours here: for "every day at three" use `cron`.
 *
 * Errors: `SCHEDULE_INVALID` for less than a second, `TIME_INVALID` for what is no duration, `CONFIG_INVALID` for an option that there is not.
 *
 * @example every({ minutes: 15 }).next(Date.UTC(2026, 0, 1, 12, 1)) // 12:15 of that day
 */
export function every(interval: Duration, options: EveryOptions = {}): Calendar {
  checkOptionNames("A calendar of equal intervals", options, EVERY_NAMES);
  const ms = milliseconds(interval, "the interval of a calendar");
  const from = options.from?.getTime() ?? 0;
  if (ms < LEAST_MS || !Number.isFinite(from)) {
    throw new EvenkeelError(
      "SCHEDULE_INVALID", `A calendar cannot repeat every ${String(ms)} ms from ${String(from)}: give at least a second, and \`from\` as a valid Date.`,
      { details: { interval, from } },
    );
  }
  const begin = options.from === undefined ? "" : ` from ${new Date(from).toISOString()}`;
  return {
    text: `every ${String(ms)} ms${begin}`,
    next: (afterMs) => options.from !== undefined && afterMs < from ? from : from + (Math.floor((afterMs - from) / ms) + 1) * ms,
  };
}

/** Where it is looked how close the instants of a calendar stand: the same at every start. */
const LOOK_FROM_MS = Date.UTC(2026, 0, 1);

/** The shortest time between two of the first instants of a calendar, of so many at most; null: it has none two. */
export function shortestGap(calendar: Calendar, most: number): number | null {
  let shortest: number | null = null;
  let before = calendar.next(LOOK_FROM_MS);
  for (let looked = 0; before !== null && looked < most; looked++) {
    const next = calendar.next(before);
    if (next !== null) shortest = Math.min(shortest ?? Infinity, next - before);
    before = next;
  }
  return shortest;
}

/** The same calendar, which throws where it breaks its promise: whoever asked would search for ever, or send the same time again and again. */
export function inOrder(calendar: Calendar, schedule: string): Calendar {
  return {
    text: calendar.text,
    next: (afterMs) => {
      const at = calendar.next(afterMs);
      if (at === null || (Number.isFinite(at) && at > afterMs)) return at;
      throw new EvenkeelError(
        "SCHEDULE_INVALID",
        `The calendar '${calendar.text}' of schedule '${schedule}' gave ${String(at)} as the first time after ${String(afterMs)}: `
          + "give a later one in milliseconds since 1970, or null where there is none.",
        { details: { schedule, option: "when", afterMs, at } },
      );
    },
  };
}

/** The last instant in (afterMs, untilMs], or null. Asks a calendar some forty times, however many instants there are. */
export function lastIn(calendar: Calendar, afterMs: number, untilMs: number): number | null {
  let found = calendar.next(afterMs);
  if (found === null || found > untilMs) return null;
  let without = untilMs;
  // Whatever comes after `without` is beyond the end; `found` is an instant before it.
  while (without > found) {
    const middle = found + Math.floor((without - found) / 2);
    const next = calendar.next(middle);
    if (next !== null && next <= untilMs) found = next;
    else without = middle;
  }
  return found;
}
