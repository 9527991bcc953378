// The made-up catalogue behind the sample: stock codes by popularity, prices over the year, names. It refuses to know orders.
import { POPULARITY, PRICES, SKUS, VOLUME_PRICE, WEB_PRICE, quantileAt } from "./sampleShape.ts";
import type { SeededRandom } from "./seededRandom.ts";

interface SampleCatalogue {
  /** A stock code, drawn by popularity. */
  draw(): string;
  /** The price of one row: the SKU's price at that time, or its web or volume price. */
  price(sku: string, at: number, unregistered: boolean): number;
  description(sku: string): string;
}

const COLOURS = ["amber", "blue", "copper", "green", "ivory", "plum", "red", "slate"];
const STUFFS = ["cotton", "glass", "linen", "oak", "stone", "tin", "wax", "wool"];
const THINGS = ["basket", "bowl", "candle", "clock", "hook", "jug", "lamp", "mug", "rug", "shelf", "tile", "tray"];

/** The stock code of the SKU with this popularity rank, 1 being the most popular. @example skuOfRank(1) // "30001" */
export function skuOfRank(rank: number): string {
  return String(30_000 + rank);
}

export function sampleCatalogue(random: SeededRandom): SampleCatalogue {
  // Half of the SKUs change their price once, somewhere in the year.
  const items = Array.from({ length: SKUS }, () => {
    const pence = Math.max(1, Math.round(quantileAt(PRICES, random.next())));
    const changesAt = random.chance(0.5) ? Date.UTC(2010, 11, 1) + random.next() * 374 * 86_400_000 : Number.POSITIVE_INFINITY;
    return { pence, changesAt, later: Math.max(1, Math.round(pence * (0.8 + 0.5 * random.next()))) };
  });
  const rankOf = (sku: string): number => Number(sku) - 30_000;
  return {
    draw: () => skuOfRank(rankAt(random.next())),
    price(sku, at, unregistered) {
      const item = items[rankOf(sku) - 1];
      if (item === undefined) throw new RangeError(`The sample catalogue has no SKU ${sku}.`);
      const usual = at < item.changesAt ? item.pence : item.later;
      const other = unregistered ? WEB_PRICE : VOLUME_PRICE;
      return random.chance(other.share) ? Math.max(1, Math.round(usual * other.factor)) : usual;
    },
    description(sku) {
      const rank = rankOf(sku);
      const name = `${pick(COLOURS, rank)} ${pick(STUFFS, Math.floor(rank / 8))} ${pick(THINGS, Math.floor(rank / 64))}`;
      // Some names need quoting, as some real ones do.
      return rank % 40 === 0 ? `${name}, set of ${2 + (rank % 5)}` : rank % 90 === 1 ? `${name} 12" wide` : name;
    },
  };
}

function pick(words: readonly string[], index: number): string {
  return words[index % words.length] ?? "";
}

/** The rank that holds this fraction of all sale rows, between the counted points on a straight line. */
function rankAt(fraction: number): number {
  let [lastRank, lastShare] = [0, 0];
  for (const [rank, share] of POPULARITY) {
    if (fraction < share) return lastRank + 1 + Math.floor(((fraction - lastShare) / (share - lastShare)) * (rank - lastRank));
    [lastRank, lastShare] = [rank, share];
  }
  return SKUS;
}
