// What a share counted in a sample says, and what it does not: bounds and chances for single, independent events. Errors that come in
// bursts are more likely than these chances say.

/** 95 %, one-sided. */
const Z = 1.645;

/** The share that `hits` of `calls` make plausible at most, with 95 % confidence (Wilson's score interval, 1927). */
export function upperShare(hits: number, calls: number): number {
  if (calls === 0) return 1;
  const share = hits / calls;
  const square = (Z * Z) / calls;
  return Math.min(1, (share + square / 2 + Z * Math.sqrt((share * (1 - share)) / calls + square / (4 * calls))) / (1 + square));
}

/** The chance that at least `least` of `calls` happen that each happen with `share`. */
export function binomialTail(calls: number, least: number, share: number): number {
  if (least <= 0) return 1;
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  let logCombinations = 0;
  let tail = 0;
  for (let hits = 0; hits <= calls; hits++) {
    if (hits > 0) logCombinations += Math.log(calls - hits + 1) - Math.log(hits);
    if (hits >= least) tail += Math.exp(logCombinations + hits * Math.log(share) + (calls - hits) * Math.log(1 - share));
  }
  return Math.min(1, tail);
}

/** How many values there must be before the largest is above the quantile with 95 % confidence (Wilks, 1941): 299 for 0.99. */
export function leastForQuantile(share: number): number {
  return Math.ceil(Math.log(0.05) / Math.log(share) - 1e-9);
}

/** The rank whose value is above the quantile with 95 % confidence; null with too few values. */
export function upperRank(share: number, count: number): number | null {
  if (count < leastForQuantile(share)) return null;
  return Math.min(count, Math.ceil(count * share + Z * Math.sqrt(count * share * (1 - share))) + 1);
}

/** Two digits, rounded up: more would pretend to know. */
export function roundedUp(value: number): number {
  if (value <= 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  const rounded = Math.ceil(value / unit - 1e-9) * unit;
  return unit < 1 ? Number(rounded.toPrecision(2)) : Math.round(rounded);
}
