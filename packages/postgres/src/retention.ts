// Retention: how long spent rows stay and how large a segment of the log is, with defaults and bounds. Values out of bounds are refused.
import { EvenkeelError } from "@evenkeel/core";

export interface Retention {
  /** How long a segment of the log stays after it was filled. Default 7 days, at least 1,000 ms. */
  readonly logMs: number;
  /** How long the door remembers a publish. Default 14 days, at least 1,000 ms. */
  readonly dedupeMs: number;
  /** Spent rows of progress, calls or timers, about, that start a rotation. Default 100,000, at least 100. */
  readonly rotateRows: number;
  /**
   * Positions in one segment of the log, from 1,000 to 1,000,000,000; default 1,000,000. The log is dropped a segment at a time, so it
   * holds up to one segment more than `logMs` says. Every read and append looks at all segments when it is planned: some dozens are well,
   * some thousands are not. Every process that starts or publishes may create segments: give all the same length. A change counts for
   * the segments that are created after it.
   */
  readonly segmentLength: number;
}

const DAY_MS = 24 * 3600 * 1000;
export const DEFAULT_RETENTION: Retention = { logMs: 7 * DAY_MS, dedupeMs: 14 * DAY_MS, rotateRows: 100_000, segmentLength: 1_000_000 };

const CENTURY_MS = 36_525 * DAY_MS;
const BOUNDS: Readonly<Record<keyof Retention, readonly [number, number]>> = {
  logMs: [1_000, CENTURY_MS],
  dedupeMs: [1_000, CENTURY_MS],
  rotateRows: [100, 1_000_000_000],
  segmentLength: [1_000, 1_000_000_000],
};

/** Returns the retention with defaults filled in, or throws `CONFIG_INVALID`. */
export function parseRetention(input: Partial<Retention>): Retention {
  const retention: Retention = { ...DEFAULT_RETENTION, ...input };
  for (const [name, value] of Object.entries(retention)) {
    const bounds = Object.entries(BOUNDS).find(([key]) => key === name)?.[1];
    if (bounds === undefined) refuse(name, `is not a setting; known ones are ${Object.keys(BOUNDS).join(", ")}`);
    const [least, most] = bounds;
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      refuse(name, `is ${String(value)}: give a whole number from ${String(least)} to ${String(most)}`);
    }
  }
  return retention;
}

function refuse(name: string, why: string): never {
  throw new EvenkeelError("CONFIG_INVALID", `The setting 'retention.${name}' ${why}.`, { details: { setting: `retention.${name}` } });
}
