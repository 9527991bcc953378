// A record's course in a fixed number of equal stretches of time: what a plot shows. It judges nothing.
import { DurationHistogram } from "./duration-histogram.ts";
import type { Flight } from "./replay-order.ts";

/** The calls that ended in one stretch. */
export interface TimelineBin {
  readonly fromMs: number;
  readonly toMs: number;
  readonly calls: number;
  /** Failures and timeouts. */
  readonly failures: number;
  /** Of all that ended, given up or not; null without calls. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export class Timeline {
  readonly #fromMs: number;
  readonly #widthMs: number;
  readonly #bins: { calls: number; failures: number; durations: DurationHistogram }[];

  constructor(fromMs: number, toMs: number, bins: number) {
    this.#fromMs = fromMs;
    this.#widthMs = Math.max(1, toMs - fromMs) / bins;
    this.#bins = Array.from({ length: bins }, () => ({ calls: 0, failures: 0, durations: new DurationHistogram() }));
  }

  end({ outcome, endMs }: Flight): void {
    const bin = this.#bins[Math.min(this.#bins.length - 1, Math.floor((endMs - this.#fromMs) / this.#widthMs))];
    if (bin === undefined) return;
    bin.calls++;
    if (outcome.verdict !== "answer") bin.failures++;
    bin.durations.add(outcome.durationMs);
  }

  bins(): readonly TimelineBin[] {
    return this.#bins.map(({ calls, failures, durations }, index) => ({
      fromMs: this.#fromMs + index * this.#widthMs, toMs: this.#fromMs + (index + 1) * this.#widthMs, calls, failures,
      p50Ms: durations.quantile(0.5), p99Ms: durations.quantile(0.99),
    }));
  }
}
