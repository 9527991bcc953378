// Finds the outages of a record, without any breaker: two cumulative sums (Page, "Continuous Inspection Schemes", 1954) over the calls in
// the order in which they ended, one that asks whether an outage has begun and one whether it is over. It judges no setting.
import { recordInvalid, type CallOutcome } from "./call-outcome.ts";
import type { Flight } from "./replay-order.ts";

export interface Outage {
  /** When the first call of it began that ended badly. */
  readonly fromMs: number;
  /** When the last of them ended. */
  readonly toMs: number;
}

/** Up to this share failures are transient, from the other on the dependency is out. Between, what lasts above 27 % is an outage. */
const TRANSIENT = 0.1;
const OUT = 0.5;
const BAD = Math.log(OUT / TRANSIENT);
const GOOD = Math.log((1 - OUT) / (1 - TRANSIENT));
/** At 10 % of errors that come singly a false alarm is expected once in 10^9 calls. Thirteen failures in a row are enough. */
const ALARM = Math.log(1e9);
/** What is over sooner is a burst of transient errors. */
const LEAST_MS = 1_000;
const MOST = 1_000;

/** Whether a call speaks for an outage: not answered, or only after a time in which others are done three times over. */
export function endsBadly({ verdict, durationMs }: CallOutcome, crawlMs: number | null): boolean {
  return verdict !== "answer" || (crawlMs !== null && durationMs >= crawlMs);
}

export class OutageDetection {
  readonly outages: Outage[] = [];
  /** Shorter than a second. */
  bursts = 0;
  readonly #crawlMs: number | null;
  #evidence = 0;
  #out = false;
  #fromMs = 0;
  #lastBadMs = 0;
  #toMs = 0;

  /** @param crawlMs from here on an answer counts as a bad end, too. */
  constructor(crawlMs: number | null) {
    this.#crawlMs = crawlMs;
  }

  /** Called for every call, in the order of their ends. */
  end({ outcome, endMs }: Flight): void {
    const bad = endsBadly(outcome, this.#crawlMs);
    if (bad) this.#lastBadMs = endMs;
    if (this.#out) return this.#maybeOver(bad);
    if (this.#evidence === 0) this.#fromMs = outcome.atMs;
    this.#evidence = Math.max(0, this.#evidence + (bad ? BAD : GOOD));
    if (this.#evidence < ALARM) return;
    this.#out = true;
    this.#evidence = 0;
    this.#toMs = endMs;
  }

  #maybeOver(bad: boolean): void {
    this.#evidence = Math.max(0, this.#evidence - (bad ? BAD : GOOD));
    if (this.#evidence === 0) this.#toMs = this.#lastBadMs;
    if (this.#evidence >= ALARM) this.#over();
  }

  /** The record ends: an outage under way ends with it. */
  finish(): void {
    if (this.#out) this.#over();
  }

  #over(): void {
    if (this.#toMs - this.#fromMs < LEAST_MS) this.bursts++;
    else add(this.outages, { fromMs: this.#fromMs, toMs: this.#toMs });
    if (this.outages.length > MOST) {
      throw recordInvalid(`The record holds more than ${String(MOST)} outages: take a shorter one, or name the outages that count.`, { outages: MOST });
    }
    this.#out = false;
    this.#evidence = 0;
  }
}

/** Disjoint and in order: one that touches the last one before it continues it. */
function add(outages: Outage[], next: Outage): void {
  const last = outages.at(-1);
  if (last === undefined || next.fromMs > last.toMs) outages.push(next);
  else outages[outages.length - 1] = { fromMs: Math.min(last.fromMs, next.fromMs), toMs: Math.max(last.toMs, next.toMs) };
}

/** Outages that somebody knows of, in order; throws `CALIBRATION_RECORD_INVALID` for one that ends before it begins. */
export function knownOutages(given: readonly Outage[]): readonly Outage[] {
  const outages: Outage[] = [];
  for (const outage of given.toSorted((one, other) => one.fromMs - other.fromMs)) {
    if (!(outage.fromMs <= outage.toMs)) {
      throw recordInvalid(`An outage is said to last from ${String(outage.fromMs)} to ${String(outage.toMs)}: it must end after it begins.`, { ...outage });
    }
    add(outages, { fromMs: outage.fromMs, toMs: outage.toMs });
  }
  return outages;
}

/** The number of the outage under way at this time, of the first `count`; -1: none. */
export function outageAt(outages: readonly Outage[], count: number, atMs: number): number {
  for (let index = count - 1; index >= 0; index--) {
    const outage = outages[index];
    if (outage !== undefined && outage.fromMs <= atMs) return atMs <= outage.toMs ? index : -1;
  }
  return -1;
}
