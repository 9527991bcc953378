// Counts durations in cells that each are 1 % wider than the one before: quantiles in a few kilobytes, however many are counted. A quantile
// is its cell's upper bound, so it is never too small and at most 1 % too large.

const GROWTH = Math.log(1.01);
/** Shorter durations are counted as this. */
const LEAST_MS = 0.05;
/** From 0.05 ms to over a month. */
const CELLS = 2_500;

export class DurationHistogram {
  readonly #cells = new Float64Array(CELLS);
  count = 0;

  add(durationMs: number): void {
    const cell = durationMs <= LEAST_MS ? 0 : Math.ceil(Math.log(durationMs / LEAST_MS) / GROWTH - 1e-9);
    const place = Math.min(cell, CELLS - 1);
    this.#cells[place] = (this.#cells[place] ?? 0) + 1;
    this.count++;
  }

  /** The duration of this rank, 1 for the shortest; null beyond the number counted. */
  atRank(rank: number): number | null {
    if (rank > this.count || this.count === 0) return null;
    let seen = 0;
    for (let place = 0; place < CELLS; place++) {
      seen += this.#cells[place] ?? 0;
      if (seen >= rank) return LEAST_MS * Math.exp(place * GROWTH);
    }
    return null;
  }

  quantile(share: number): number | null {
    return this.atRank(Math.max(1, Math.ceil(share * this.count)));
  }
}
