// Lengths of time as people write them. Calendars are not in it: a day has 24 hours here.
import { EvenkeelError } from "../errors.ts";
import { MAX_DELAY_MS } from "../decide/operation-spec.ts";

/** The sum of its parts; at least one is given. */
export interface Duration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly ms?: number;
}

const UNITS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, ms: 1 } as const;

/** Milliseconds of a duration, or throws `TIME_INVALID`. @param what names the thing in the error. */
export function milliseconds(duration: Duration, what: string): number {
  let sum = 0;
  const parts = Object.entries(duration);
  for (const [unit, count] of parts) {
    const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit as keyof typeof UNITS] : NaN;
    sum += factor * (count as number);
  }
  if (parts.length > 0 && Number.isFinite(sum) && sum >= 0 && sum <= MAX_DELAY_MS) return Math.round(sum);
  throw new EvenkeelError(
    "TIME_INVALID",
    `The duration of ${what} is not valid: give days, hours, minutes, seconds or ms that add up to 0 to ${String(MAX_DELAY_MS)} ms.`,
    { details: { what, duration } },
  );
}
