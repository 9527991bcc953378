// The last reading of a record: leads all candidates through it side by side, tells them which outage is under way, and counts what has
// nothing to do with any. It knows the outages before it begins and judges no candidate.
import type { Calm } from "./calm.ts";
import type { Blame, CandidateReplay } from "./candidate-replay.ts";
import { endsBadly, outageAt, type Outage } from "./outage-detection.ts";
import type { Flight } from "./replay-order.ts";
import type { Timeline } from "./timeline.ts";

/** What happened in an outage, whatever the settings. */
interface OutageCounts { calls: number; failures: number }

export class Replay {
  readonly #candidates: readonly CandidateReplay[];
  readonly #outages: readonly Outage[];
  readonly #crawlMs: number | null;
  readonly #calm: Calm;
  readonly #timeline: Timeline;
  /** Calls that began in each outage. */
  readonly counts: readonly OutageCounts[];
  readonly #firstBadMs: (number | undefined)[] = [];
  /** Of the outage under way, -1 for none; and of the next. */
  #current = -1;
  #next = 0;

  constructor(candidates: readonly CandidateReplay[], outages: readonly Outage[], crawlMs: number | null, calm: Calm, timeline: Timeline) {
    this.#candidates = candidates;
    this.#outages = outages;
    this.#crawlMs = crawlMs;
    this.#calm = calm;
    this.#timeline = timeline;
    this.counts = outages.map(() => ({ calls: 0, failures: 0 }));
  }

  begin(flight: Flight): void {
    this.#advance(flight.outcome.atMs);
    const counts = this.counts[this.#current];
    if (counts !== undefined) {
      counts.calls++;
      if (flight.outcome.verdict !== "answer") counts.failures++;
    }
    for (const candidate of this.#candidates) candidate.begin(flight, this.#current);
  }

  end(flight: Flight): void {
    this.#advance(flight.endMs);
    this.#timeline.end(flight);
    const began = outageAt(this.#outages, this.#next, flight.outcome.atMs);
    const index = this.#current >= 0 ? this.#current : began;
    const outage = this.#outages[index];
    let blame: Blame | null = null;
    if (outage === undefined) {
      this.#calm.end(flight);
    } else {
      // What began before the outage failed by itself.
      if (began === index && endsBadly(flight.outcome, this.#crawlMs)) this.#firstBadMs[index] ??= flight.endMs;
      blame = { index, outage, firstBadMs: this.#firstBadMs[index] ?? flight.endMs };
    }
    for (const candidate of this.#candidates) candidate.end(flight, blame);
  }

  /** The record is over. */
  finish(): void {
    this.#advance(Infinity);
  }

  #advance(nowMs: number): void {
    for (;;) {
      const current = this.#outages[this.#current];
      if (current !== undefined) {
        if (nowMs <= current.toMs) return;
        for (const candidate of this.#candidates) candidate.leaveOutage(this.#current, current.toMs);
        this.#current = -1;
      }
      const next = this.#outages[this.#next];
      if (next === undefined || nowMs < next.fromMs) return;
      this.#current = this.#next++;
      for (const candidate of this.#candidates) candidate.enterOutage(this.#current);
    }
  }
}
