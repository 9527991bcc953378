// Settings: every number an application may change, with its default and its bounds. Values out of bounds are refused at start.
import { EvenkeelError } from "./errors.ts";
import { checkOptionNames, type OptionNames } from "./message/option-names.ts";
import type { RetryPolicy } from "./message/backoff.ts";

/** `services`: whole services first, partitions second. `partitions`: every service's partitions over all workers. */
export type Spread = "services" | "partitions";

export interface Settings {
  /** Partitions of the log; fixed when the log is created. Default 8. */
  readonly partitions: number | null;
  /** After this time without a sign of life a worker's partitions are taken over. Default 2,000 ms. */
  readonly leaseMs: number;
  /** Whether workers share services or partitions first. Default "services". */
  readonly spread: Spread;
  /** Messages in one commit at most. Default 4,000. */
  readonly maxBatch: number;
  /** Characters of message bodies in one commit, about. Default 4,000,000. */
  readonly maxBatchLength: number;
  /** Transient failures of handlers: default 10 runs, 200 ms doubling up to 60,000 ms, full jitter. */
  readonly retry: RetryPolicy;
  /** How long a handler may take after its last read. Default 5,000 ms. */
  readonly stallMs: number;
  /** How long anything else may be waited for before it is reported as a stall. Default 5,000 ms. */
  readonly waitMs: number;
  /** How long the event loop may stand still before that is reported as a stall. Default 1,000 ms. */
  readonly loopDelayMs: number;
  /** Characters of documents that each service keeps in memory, each counted four times for the value beside its text. Default 16,000,000. */
  readonly cacheLength: number;
  /**
   * A handler run that loads as many documents of one kind one after another, or runs one declared statement as often, is warned of, once
   * for each handler and statement. Default 10; 0: never. `createApp` turns it off where `NODE_ENV` is "production".
   */
  readonly warnRepeatedReads: number;
  /** How often a worker looks for messages of other processes when no hint arrives. Default 1,000 ms. */
  readonly pollMs: number;
  /** The same where hints cannot arrive (a pooler in transaction mode). Default 4 ms while messages flow, 20 ms when idle. */
  readonly pollWithoutHintsMs: number;
  /** The cap of one message's or document's JSON, in characters; a warning comes at a quarter. Default 262,144. */
  readonly maxBodyLength: number;
  /** How long a publish in doubt is repeated before it is rejected. Default 30,000 ms. */
  readonly resolveMs: number;
  /** How long `stop` waits for what is under way. Default 10,000 ms. */
  readonly stopWithinMs: number;
  /** How often the owner of maintenance looks after segments and retention. Default 1,000 ms. */
  readonly maintainMs: number;
}

export type SettingsInput = Partial<Omit<Settings, "retry">> & { readonly retry?: Partial<RetryPolicy> };

export const DEFAULT_SETTINGS: Settings = {
  partitions: null,
  leaseMs: 2_000,
  spread: "services",
  maxBatch: 4_000,
  maxBatchLength: 4_000_000,
  retry: { maxAttempts: 10, baseMs: 200, maxMs: 60_000 },
  stallMs: 5_000,
  waitMs: 5_000,
  loopDelayMs: 1_000,
  cacheLength: 16_000_000,
  warnRepeatedReads: 10,
  pollMs: 1_000,
  pollWithoutHintsMs: 4,
  maxBodyLength: 262_144,
  resolveMs: 30_000,
  stopWithinMs: 10_000,
  maintainMs: 1_000,
};

type NumberSetting = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings];

const BOUNDS: Readonly<Record<NumberSetting, readonly [number, number]>> = {
  leaseMs: [200, 600_000],
  maxBatch: [1, 100_000],
  maxBatchLength: [1_000, 100_000_000],
  stallMs: [10, 3_600_000],
  waitMs: [100, 3_600_000],
  loopDelayMs: [10, 3_600_000],
  cacheLength: [0, 2_000_000_000],
  warnRepeatedReads: [0, 1_000_000],
  pollMs: [1, 60_000],
  pollWithoutHintsMs: [1, 60_000],
  maxBodyLength: [1_000, 50_000_000],
  resolveMs: [100, 3_600_000],
  stopWithinMs: [0, 3_600_000],
  maintainMs: [10, 3_600_000],
};

const SPREADS: ReadonlySet<string> = new Set<Spread>(["services", "partitions"]);
const RETRY_NAMES: OptionNames<RetryPolicy> = { maxAttempts: true, baseMs: true, maxMs: true };

/** Returns the settings with defaults filled in, or throws `CONFIG_INVALID`. */
export function parseSettings(input: SettingsInput): Settings {
  const known = new Set(Object.keys(DEFAULT_SETTINGS));
  for (const name of Object.keys(input)) {
    if (!known.has(name)) refuse(name, `is not a setting; known ones are ${[...known].join(", ")}`);
  }
  if (input.retry !== undefined) checkOptionNames("The settings", input.retry, RETRY_NAMES, "retry.");
  const settings: Settings = { ...DEFAULT_SETTINGS, ...input, retry: { ...DEFAULT_SETTINGS.retry, ...input.retry } };
  for (const [name, [least, most]] of Object.entries(BOUNDS)) {
    const value: unknown = Object.entries(settings).find(([key]) => key === name)?.[1];
    if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most) refuse(name, `is ${String(value)}: give a number from ${String(least)} to ${String(most)}`);
  }
  const { partitions, retry, spread } = settings;
  if (!SPREADS.has(spread)) refuse("spread", `is ${spread}: give "services" or "partitions"`);
  if (partitions !== null && !(Number.isSafeInteger(partitions) && partitions >= 1 && partitions <= 256)) refuse("partitions", `is ${String(partitions)}: give a whole number from 1 to 256`);
  if (!(Number.isSafeInteger(retry.maxAttempts) && retry.maxAttempts >= 1)) refuse("retry.maxAttempts", `is ${String(retry.maxAttempts)}: give a whole number from 1`);
  if (!(retry.baseMs >= 0 && retry.maxMs >= retry.baseMs)) refuse("retry", "needs 0 <= baseMs <= maxMs");
  return settings;
}

function refuse(name: string, why: string): never {
  throw new EvenkeelError("CONFIG_INVALID", `The setting '${name}' ${why}.`, { details: { setting: name } });
}

/** The longest time over which a message may still be retried by itself, in milliseconds. */
export function retryHorizonMs(retry: RetryPolicy): number {
  let total = 0;
  for (let attempt = 1; attempt < retry.maxAttempts; attempt++) total += Math.min(retry.maxMs, retry.baseMs * 2 ** Math.min(attempt - 1, 40));
  return total;
}
