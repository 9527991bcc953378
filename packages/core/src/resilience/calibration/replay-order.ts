// Turns a record into what a policy would have lived through: every call's begin and end, in order of time. It keeps only the calls that
// are under way, and as many as may be out of place; a record further out of order it refuses.
import { recordInvalid, type CallOutcome } from "./call-outcome.ts";
import { EarliestFirst } from "./earliest-first.ts";

/** A call between its begin and its end; `slot` is its own for that time, and small. */
export interface Flight {
  readonly outcome: CallOutcome;
  readonly endMs: number;
  readonly slot: number;
}

interface Traveller {
  begin(flight: Flight): void;
  end(flight: Flight): void;
}

const OUT_OF_PLACE = 10_000;

export class ReplayOrder {
  readonly #traveller: Traveller;
  readonly #arriving = new EarliestFirst<CallOutcome>();
  readonly #underWay = new EarliestFirst<Flight>();
  readonly #freeSlots: number[] = [];
  #slots = 0;
  #nowMs = -Infinity;

  constructor(traveller: Traveller) {
    this.#traveller = traveller;
  }

  push(outcome: CallOutcome): void {
    if (outcome.atMs < this.#nowMs) {
      throw recordInvalid(
        `The record is out of order: a call that began at ${String(outcome.atMs)} comes after more than ${String(OUT_OF_PLACE)} later ones. Sort it by time.`,
        { atMs: outcome.atMs },
      );
    }
    this.#arriving.put(outcome.atMs, outcome);
    if (this.#arriving.size > OUT_OF_PLACE) this.#release();
  }

  /** Nothing more comes: ends whatever is under way. */
  finish(): void {
    while (this.#arriving.size > 0) this.#release();
    this.#endUntil(Infinity);
  }

  #release(): void {
    const outcome = this.#arriving.take();
    if (outcome === undefined) return;
    this.#nowMs = outcome.atMs;
    this.#endUntil(outcome.atMs);
    const flight = { outcome, endMs: outcome.atMs + outcome.durationMs, slot: this.#freeSlots.pop() ?? this.#slots++ };
    this.#underWay.put(flight.endMs, flight);
    this.#traveller.begin(flight);
  }

  #endUntil(nowMs: number): void {
    while (this.#underWay.size > 0 && this.#underWay.earliest <= nowMs) {
      const flight = this.#underWay.take();
      if (flight === undefined) return;
      this.#freeSlots.push(flight.slot);
      this.#traveller.end(flight);
    }
  }
}
