// Cron expressions as calendars of schedules. Reading them and the clocks of time zones is croner's; what is refused, and which of croner's rules for
// the days on which clocks change is in force, is said here. It starts no timer.
import { checkOptionNames, EvenkeelError, type Calendar, type OptionNames } from "@evenkeel/core";
import { Cron } from "croner";

export interface CronOptions {
  /** An IANA time zone, such as "Europe/London"; default "UTC". Its rules are those of the Node.js that runs. */
  readonly timeZone?: string;
}

const NAMES: OptionNames<CronOptions> = { timeZone: true };
const NICKNAMES = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"];

/**
 * The calendar of a cron expression: minute, hour, day of the month, month, day of the week, with seconds before them if there are six fields, or
 * `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Lists, ranges, steps, names, `L`, `W` and `#` are croner's. Where both the day of the month and
 * the day of the week are restricted, either will do.
 *
 * When clocks change: an expression of fixed times (no `*` and no step among its seconds, minutes and hours) that falls into the hour left out comes at
 * the first moment after it, once; in an hour that comes twice it comes the first time. Any other (`*` or a step there) follows the time that passes:
 * it has nothing in the hour left out, and comes in both of those that are alike. This is what Vixie cron does.
 *
 * Errors: `SCHEDULE_INVALID` for an expression that cannot be read or never comes, or an unknown time zone; `CONFIG_INVALID` for an option that there is not.
 *
 * @example cron("30 1 * * *", { timeZone: "Europe/London" }).next(Date.UTC(2026, 2, 28, 12)) // 2026-03-29T01:00:00Z: 01:30 does not exist that day
 */
export function cron(expression: string, options: CronOptions = {}): Calendar {
  checkOptionNames(`The cron expression '${expression}'`, options, NAMES);
  const timeZone = options.timeZone ?? "UTC";
  const fields = expression.trim().split(/\s+/);
  const isNickname = fields.length === 1 && NICKNAMES.includes(fields[0]?.toLowerCase() ?? "");
  if (!isNickname && fields.length !== 5 && fields.length !== 6) {
    refuse(expression, `has ${String(fields.length)} fields: write five, or six with seconds first`);
  }
  // Croner puts the present in its place: each process would have times of its own.
  if (expression.includes("?")) refuse(expression, "has '?', which would depend on when the process starts: write '*'");
  checkZone(expression, timeZone);
  const job = parsed(expression, timeZone);
  const next = (afterMs: number): number | null => job.nextRun(new Date(afterMs))?.getTime() ?? null;
  if (next(0) === null) refuse(expression, "names no time that ever comes");
  return { text: `cron ${fields.join(" ")} ${timeZone}`, next };
}

function parsed(expression: string, timezone: string): Cron {
  try {
    return new Cron(expression, { timezone, paused: true, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" });
  } catch (error) {
    return refuse(expression, `cannot be read (${error instanceof Error ? error.message : String(error)})`, error);
  }
}

function checkZone(expression: string, timeZone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    refuse(expression, `has the time zone '${timeZone}', which is not known here: give an IANA name such as "Europe/London"`, error);
  }
}

function refuse(expression: string, why: string, cause?: unknown): never {
  throw new EvenkeelError("SCHEDULE_INVALID", `The cron expression '${expression}' ${why}.`, { details: { expression }, cause });
}
