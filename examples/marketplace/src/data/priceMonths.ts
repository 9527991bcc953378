// The price history of a catalogue in months: what a SKU cost at an instant is found in one small document.
// It refuses to invent: before the first price of a SKU, and after the last month planned, there is no price.

/** From this instant (ISO 8601, UTC, inclusive) the price of one unit, in pence. */
export interface PriceChange {
  readonly from: string;
  readonly pence: number;
}

/** Per SKU and month (`2011-03`) the changes in time order; the first one is the price with which the month opens. */
type PriceMonths = ReadonlyMap<string, ReadonlyMap<string, readonly PriceChange[]>>;

/** The month of an instant. @example monthOf("2011-03-04T10:00:00.000Z") // "2011-03" */
export function monthOf(at: string): string {
  return at.slice(0, 7);
}

/**
 * The price of a SKU at an instant, or `null` when the catalogue has none: the SKU is unknown, has not been priced yet, or the
 * month lies after the plan. An order line without a price is to be refused.
 *
 * @param at ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` writes it
 * @example priceAt(months, "85123A", "2011-03-04T10:00:00.000Z") // 295
 */
export function priceAt(months: PriceMonths, sku: string, at: string): number | null {
  const changes = months.get(sku)?.get(monthOf(at));
  return changes === undefined ? null : priceInMonth(changes, at);
}

/** The price at an instant within one month's changes; `null` before the first of them. */
export function priceInMonth(changes: readonly PriceChange[], at: string): number | null {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const change = changes[middle];
    if (change !== undefined && change.from <= at) low = middle + 1;
    else high = middle;
  }
  return changes[low - 1]?.pence ?? null;
}

/** Cuts one SKU's prices, in the order they were seen, into the months from its first price to `lastMonth`. */
export function cutIntoMonths(seen: readonly PriceChange[], lastMonth: string): Map<string, PriceChange[]> {
  const months = new Map<string, PriceChange[]>();
  const changes = inTimeOrder(seen);
  const first = changes[0];
  if (first === undefined) return months;
  let next = 0;
  let pence = first.pence;
  for (let month = monthOf(first.from); month <= lastMonth; month = followingMonth(month)) {
    const inMonth: PriceChange[] = [];
    const opens = `${month}-01T00:00:00.000Z`;
    if (next > 0 && changes[next]?.from !== opens) inMonth.push({ from: opens, pence });
    for (let change = changes[next]; change !== undefined && monthOf(change.from) === month; change = changes[next]) {
      inMonth.push(change);
      pence = change.pence;
      next += 1;
    }
    months.set(month, inMonth);
  }
  return months;
}

/** Sorted by instant; of several prices at one instant the last seen stays; a price equal to the one before it is left out. */
function inTimeOrder(seen: readonly PriceChange[]): PriceChange[] {
  const sorted = seen.some((change, index) => index > 0 && change.from < (seen[index - 1]?.from ?? ""))
    ? seen.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
    : seen;
  const kept: PriceChange[] = [];
  sorted.forEach((change, index) => {
    if (sorted[index + 1]?.from !== change.from && kept.at(-1)?.pence !== change.pence) kept.push(change);
  });
  return kept;
}

function followingMonth(month: string): string {
  const year = Number(month.slice(0, 4));
  const number = Number(month.slice(5, 7));
  return number === 12 ? `${String(year + 1).padStart(4, "0")}-01` : `${month.slice(0, 5)}${String(number + 1).padStart(2, "0")}`;
}
