// The first reading of a record: how much there is, of whom, and what an answer usually takes. It knows no outages yet, so its
// measure is one that a brown-out of less than half the record does not move.
import { recordInvalid, type CallOutcome } from "./call-outcome.ts";
import { DurationHistogram } from "./duration-histogram.ts";

const BLOCK = 500;
const MOST_NAMES = 20;

export class Survey {
  calls = 0;
  failures = 0;
  timeouts = 0;
  /** Began first. */
  fromMs = Infinity;
  /** Ended last. */
  toMs = -Infinity;
  /** Whose calls these are, as "port/operation". */
  readonly names = new Set<string>();
  readonly #all = new DurationHistogram();
  readonly #ofBlocks = new DurationHistogram();
  readonly #block: number[] = [];

  look(outcome: CallOutcome): void {
    this.calls++;
    if (outcome.verdict === "failure") this.failures++;
    if (outcome.verdict === "timeout") this.timeouts++;
    this.fromMs = Math.min(this.fromMs, outcome.atMs);
    this.toMs = Math.max(this.toMs, outcome.atMs + outcome.durationMs);
    if (this.names.size < MOST_NAMES) this.names.add(`${outcome.port ?? ""}/${outcome.operation ?? ""}`);
    if (outcome.verdict === "answer") this.#answered(outcome.durationMs);
  }

  #answered(durationMs: number): void {
    this.#all.add(durationMs);
    if (this.#block.push(durationMs) < BLOCK) return;
    this.#block.sort((one, other) => one - other);
    this.#ofBlocks.add(this.#block[Math.ceil(BLOCK * 0.99) - 1] ?? 0);
    this.#block.length = 0;
  }

  /** What 99 % of the answers take, by the median of blocks of 500; null without answers. */
  get usualMs(): number | null {
    return this.#ofBlocks.quantile(0.5) ?? this.#all.quantile(0.99);
  }

  /** Each operation has a breaker of its own: a mix of them would calibrate one that does not exist. */
  refuseMix(): void {
    if (this.names.size < 2) return;
    const names = [...this.names];
    throw recordInvalid(
      `The record holds calls of ${this.names.size < MOST_NAMES ? String(names.length) : `at least ${String(names.length)}`} operations: ${names.join(", ")}. ` +
      "Each has a breaker of its own: choose one port and operation.",
      { names },
    );
  }
}
