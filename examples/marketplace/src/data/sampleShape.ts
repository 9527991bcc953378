// The shape of a year's trade in numbers: the distributions from which the sample is generated. Facts counted in the public data
// set "Online Retail" (D. Chen, UCI Machine Learning Repository, 2015, CC BY 4.0); no row, description or customer of it is here.

/** Points of a distribution: at the fraction `[0]` of all cases, ordered by size, stands the value `[1]`. */
type Quantiles = readonly (readonly [fraction: number, value: number])[];

/** Of 25,900 invoice numbers 19,959 are orders and 3,836 returns; nearly all others are one-row stock adjustments. */
export const ORDER_SHARE = 0.7706;
export const RETURN_SHARE = 0.1481;

/**
 * Rows per order: mean 26.6. Counted over every invoice number that is not a return, one-row adjustments included, the median
 * is 13, the mean 24 and the maximum 1,114.
 */
export const ROWS_PER_ORDER: Quantiles = [
  [0, 1], [0.05, 1], [0.1, 2], [0.15, 3], [0.2, 5], [0.25, 6], [0.3, 8], [0.35, 10], [0.4, 11], [0.45, 13], [0.5, 15], [0.55, 17],
  [0.6, 19], [0.65, 22], [0.7, 25], [0.75, 29], [0.8, 34], [0.85, 42], [0.9, 54], [0.95, 79], [0.98, 152], [0.99, 220], [0.995, 344],
  [0.998, 526], [0.999, 593], [0.9995, 651], [1, 1114],
];

/** Rows per return: mean 2.4. */
export const ROWS_PER_RETURN: Quantiles = [
  [0, 1], [0.5, 1], [0.6, 2], [0.7, 2], [0.8, 3], [0.85, 3], [0.9, 4], [0.95, 7], [0.98, 12], [0.99, 18], [0.995, 24], [0.999, 41], [1, 101],
];

/** The share of all sale rows that the most popular SKUs hold, by rank. */
export const SKUS = 3_920;
export const POPULARITY: readonly (readonly [rank: number, share: number])[] = [
  [0, 0], [1, 0.0043], [2, 0.0083], [5, 0.0183], [10, 0.0315], [20, 0.0546], [50, 0.1132], [100, 0.1883], [200, 0.2974], [300, 0.3815],
  [500, 0.5117], [750, 0.6305], [1000, 0.7208], [1250, 0.7908], [1500, 0.8466], [1750, 0.8904], [2000, 0.9245], [2500, 0.9682],
  [3000, 0.9902], [3500, 0.9984], [SKUS, 1],
];

/** Two rows in a hundred repeat a SKU of their own order. */
export const REPEATED_SKU_SHARE = 0.0198;

/** Units per sale row: sixteen values make up 95 % of the rows, in these shares; the others follow the tail. */
export const COMMON_QUANTITIES: readonly (readonly [units: number, share: number])[] = [
  [1, 0.2788], [2, 0.1541], [12, 0.1152], [6, 0.077], [4, 0.0725], [3, 0.0699], [24, 0.0453], [10, 0.042], [8, 0.0247], [5, 0.0221],
  [48, 0.0114], [25, 0.0097], [20, 0.0094], [16, 0.008], [36, 0.0072], [7, 0.0055],
];
/** Cut at 2,592 units: the two rows of 74,215 and 80,995 were typing errors, cancelled within minutes. */
export const OTHER_QUANTITIES: Quantiles = [
  [0, 9], [0.1, 11], [0.2, 17], [0.3, 22], [0.4, 32], [0.5, 50], [0.6, 72], [0.7, 96], [0.8, 100], [0.9, 192], [0.95, 268], [0.98, 480],
  [0.99, 620], [0.995, 960], [0.999, 1992], [1, 2592],
];

/** Units per return row. */
export const RETURNED_QUANTITIES: Quantiles = [
  [0, 1], [0.4, 1], [0.5, 2], [0.6, 3], [0.7, 5], [0.8, 9], [0.9, 19], [0.95, 36], [0.99, 180], [0.999, 1296], [1, 1296],
];
/** The share of return rows that ask for more than was sold before them: 521 of 9,288. */
export const RETURN_BEYOND_SALES_SHARE = 0.056;

/** A SKU's median price in pence. */
export const PRICES: Quantiles = [
  [0, 4], [0.02, 29], [0.05, 39], [0.1, 42], [0.2, 85], [0.3, 125], [0.4, 165], [0.5, 210], [0.6, 289], [0.7, 375], [0.8, 495], [0.9, 795],
  [0.95, 995], [0.98, 1595], [0.99, 2495], [0.995, 3995], [1, 6000],
];
/** Rows without a customer mostly carry the web price, about twice the usual; registered customers sometimes a volume price. */
export const WEB_PRICE = { share: 0.82, factor: 1.98 } as const;
export const VOLUME_PRICE = { share: 0.14, factor: 0.86 } as const;
/** Orders without a customer are the large ones: 7 % of all, with 93 rows on average. */
export const NO_CUSTOMER = { manyRows: 150, shareOfLarge: 0.75, shareOfOthers: 0.05 } as const;

/** The share of orders by month, 2010-12 to 2011-12; the last month ends on the 9th. */
export const MONTHS: readonly (readonly [from: string, share: number])[] = [
  ["2010-12-01", 0.0781], ["2011-01-01", 0.0544], ["2011-02-01", 0.0551], ["2011-03-01", 0.0728], ["2011-04-01", 0.0624],
  ["2011-05-01", 0.0842], ["2011-06-01", 0.0768], ["2011-07-01", 0.0739], ["2011-08-01", 0.0681], ["2011-09-01", 0.092],
  ["2011-10-01", 0.1022], ["2011-11-01", 0.1387], ["2011-12-01", 0.0413], ["2011-12-10", 0],
];

/** The seven largest; the last one stands for itself and thirty more. */
export const COUNTRIES: readonly (readonly [country: string, share: number])[] = [
  ["United Kingdom", 0.9028], ["Germany", 0.0229], ["France", 0.0196], ["EIRE", 0.0144], ["Belgium", 0.0049], ["Netherlands", 0.0047],
  ["Spain", 0.0045], ["Portugal", 0.0262],
];

/** The value at a fraction, on the straight line between its two neighbours. */
export function quantileAt(quantiles: Quantiles, fraction: number): number {
  let [lastFraction, lastValue] = quantiles[0] ?? [0, 0];
  for (const [at, value] of quantiles) {
    if (at >= fraction) return at === lastFraction ? value : lastValue + ((fraction - lastFraction) / (at - lastFraction)) * (value - lastValue);
    [lastFraction, lastValue] = [at, value];
  }
  return lastValue;
}

/** The entry whose share of the whole holds the fraction; `null` when the shares end before it. */
export function shareAt<T>(shares: readonly (readonly [T, number])[], fraction: number): T | null {
  let sum = 0;
  for (const [value, share] of shares) {
    sum += share;
    if (fraction < sum) return value;
  }
  return null;
}
