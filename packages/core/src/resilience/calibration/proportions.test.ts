// The statistics behind the recommendation, against values worked out by other means.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DurationHistogram } from "./duration-histogram.ts";
import { EarliestFirst } from "./earliest-first.ts";
import { binomialTail, leastForQuantile, roundedUp, upperRank, upperShare } from "./proportions.ts";

function near(found: number, wanted: number, share: number): void {
  assert.ok(Math.abs(found - wanted) <= share * wanted, `${String(found)}, not ${String(wanted)}`);
}

test("the binomial tail agrees with sums worked out by hand, also where it is tiny", () => {
  near(binomialTail(10, 5, 0.5), 638 / 1_024, 1e-9);
  near(binomialTail(3, 2, 0.1), 3 * 0.01 * 0.9 + 0.001, 1e-9);
  // 184,756 · 0.02^10 · 0.98^10 and what little comes after.
  near(binomialTail(20, 10, 0.02), 1.5637e-12, 1e-2);
  assert.deepEqual([binomialTail(5, 0, 0.3), binomialTail(5, 1, 0), binomialTail(5, 5, 1), binomialTail(5, 6, 0.9)], [1, 0, 1, 0]);
});

test("nothing in n calls may still be about 3 in n, and a share is bounded from above", () => {
  near(upperShare(0, 1_000), 0.0027, 0.02);
  near(upperShare(20, 1_000), 0.0287, 0.02);
  assert.equal(upperShare(0, 0), 1);
});

test("299 values bound 99 % and 2,995 bound 99.9 % of them; fewer bound neither", () => {
  assert.deepEqual([leastForQuantile(0.99), leastForQuantile(0.999)], [299, 2_995]);
  assert.equal(upperRank(0.99, 298), null);
  assert.equal(upperRank(0.99, 299), 299);
  assert.equal(upperRank(0.99, 10_000), 9_918);
});

test("the bound holds as often as it says: in 95 of 100 samples the rank's value is above the quantile", () => {
  let state = 1;
  const next = (): number => { state = (state * 48_271) % 2_147_483_647; return state / 2_147_483_647; };
  let above = 0;
  for (let sample = 0; sample < 2_000; sample++) {
    const values = Array.from({ length: 1_000 }, next).sort((one, other) => one - other);
    if ((values[(upperRank(0.99, 1_000) ?? 0) - 1] ?? 0) >= 0.99) above++;
  }
  assert.ok(above >= 0.94 * 2_000, `${String(above)} of 2000`);
});

test("a quantile of the histogram is never below the value and at most 1 % above", () => {
  const histogram = new DurationHistogram();
  for (let value = 1; value <= 10_000; value++) histogram.add(value);
  for (const share of [0.01, 0.5, 0.99, 0.999, 1]) {
    const found = histogram.quantile(share) ?? 0;
    assert.ok(found >= share * 10_000 * (1 - 1e-9) && found <= share * 10_000 * 1.011, `${String(share)}: ${String(found)}`);
  }
  assert.equal(histogram.atRank(10_001), null);
  assert.equal(new DurationHistogram().quantile(0.5), null);
});

test("rounding up keeps two digits", () => {
  assert.deepEqual([581, 580, 0.123, 7, 1_234, 99.5].map(roundedUp), [590, 580, 0.13, 7, 1_300, 100]);
});

test("the heap gives back the earliest, and equals in the order they came", () => {
  const heap = new EarliestFirst<string>();
  const keys = Array.from({ length: 500 }, (_, index) => (index * 7_919) % 50);
  keys.forEach((key, index) => { heap.put(key, `${String(key).padStart(2, "0")}/${String(index).padStart(3, "0")}`); });
  const taken = keys.map(() => heap.take() ?? "");
  assert.deepEqual(taken, taken.toSorted());
  assert.deepEqual([heap.take(), heap.size, heap.earliest], [undefined, 0, Infinity]);
});
