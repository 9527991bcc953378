// The calls of a record that had nothing to do with an outage: what single errors and usual durations look like, and what timeout they
// suggest.
import { DurationHistogram } from "./duration-histogram.ts";
import { leastForQuantile, roundedUp, upperRank, upperShare } from "./proportions.ts";
import type { Flight } from "./replay-order.ts";

export interface CalmCalls {
  readonly calls: number;
  readonly failures: number;
  readonly timeouts: number;
  /** The share of failures and timeouts, and what it may be at most with 95 % confidence. */
  readonly failureRate: number;
  readonly failureRateAtMost: number;
  /** Of the calls that answered or timed out; null: cut off by the timeout that was in force, or no calls. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly p999Ms: number | null;
}

export interface TimeoutAdvice {
  /** Null: the record is too small, or its own timeout cut off what would have to be known. */
  readonly timeoutMs: number | null;
  readonly reason: string;
}

/** The quantile that a timeout must let through, and the head room above what it may be at most. A smaller sample gets more room. */
const RULES = [{ share: 0.999, name: "99.9 %", room: 1.5 }, { share: 0.99, name: "99 %", room: 2 }] as const;

export class Calm {
  #calls = 0;
  #failures = 0;
  #timeouts = 0;
  readonly #answers = new DurationHistogram();
  readonly #slowMs: ReadonlyMap<number, { count: number }>;

  /** @param slowMs the thresholds whose shares will be asked for. */
  constructor(slowMs: readonly number[]) {
    this.#slowMs = new Map(slowMs.map((threshold) => [threshold, { count: 0 }]));
  }

  end({ outcome }: Flight): void {
    this.#calls++;
    if (outcome.verdict === "failure") this.#failures++;
    if (outcome.verdict === "timeout") this.#timeouts++;
    if (outcome.verdict === "answer") this.#answers.add(outcome.durationMs);
    for (const [threshold, slow] of this.#slowMs) if (outcome.durationMs >= threshold) slow.count++;
  }

  /** The share of slow calls that is plausible at most. */
  slowRateAtMost(slowMs: number): number {
    return upperShare(this.#slowMs.get(slowMs)?.count ?? 0, this.#calls);
  }

  calls(): CalmCalls {
    const bad = this.#failures + this.#timeouts;
    return {
      calls: this.#calls, failures: this.#failures, timeouts: this.#timeouts,
      failureRate: this.#calls === 0 ? 0 : bad / this.#calls, failureRateAtMost: upperShare(bad, this.#calls),
      p50Ms: this.#quantile(0.5), p95Ms: this.#quantile(0.95), p99Ms: this.#quantile(0.99), p999Ms: this.#quantile(0.999),
    };
  }

  /** How many durations there are: a timeout is one that is longer than any answer. */
  get #ended(): number { return this.#answers.count + this.#timeouts; }

  #quantile(share: number): number | null {
    return this.#answers.atRank(Math.max(1, Math.ceil(share * this.#ended)));
  }

  advice(): TimeoutAdvice {
    const count = this.#ended;
    for (const { share, name, room } of RULES) {
      const rank = upperRank(share, count);
      if (rank === null) continue;
      const atMost = this.#answers.atRank(rank);
      if (atMost === null) return this.#cutOff(name);
      // Less is no timeout that a policy takes.
      const timeoutMs = Math.max(1, roundedUp(atMost * room));
      const why = share === 0.999 ? "" : ` With ${grouped(leastForQuantile(0.999))} calls it could rest on 99.9 % of them.`;
      return {
        timeoutMs,
        reason: `${name} of ${grouped(count)} calls outside outages took at most ${shown(atMost)} ms (with 95 % confidence); ` +
          `${String(timeoutMs)} ms leave them ${timeoutMs === 1 ? "more than " : ""}${String(room)} times that.${why}`,
      };
    }
    const least = leastForQuantile(0.99);
    return {
      timeoutMs: null,
      reason: `${grouped(count)} calls outside outages that answered or timed out are too few to say what 99 % of them take: ${String(least)} are needed.`,
    };
  }

  #cutOff(name: string): TimeoutAdvice {
    return {
      timeoutMs: null,
      reason: `${grouped(this.#timeouts)} of ${grouped(this.#ended)} calls outside outages were cut off by the timeout in force, ` +
        `so nobody knows what ${name} of them take: record with a longer one.`,
    };
  }
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
