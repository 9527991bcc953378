// Which page of the price list a SKU's prices stand on. It refuses to know what stands there: the page is a hash of the code, so that a catalogue
// whose codes all begin or end alike fills every page alike.

/** How many there are in each month; changing it moves what is listed, so that all has to be listed again. */
export const PAGES = 40;

/**
 * Of one SKU always the same, from 0: 32-bit FNV-1a, finished as in MurmurHash3 so that near codes are far apart.
 *
 * @example pageOf("85123A") // 12
 */
export function pageOf(sku: string): number {
  let h = 0x811c9dc5;
  for (let index = 0; index < sku.length; index += 1) h = Math.imul(h ^ sku.charCodeAt(index), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % PAGES;
}

/** The key of that page in one month. @example pageKey("85123A", "2011-03-04T10:00:00.000Z") // "12@2011-03" */
export function pageKey(sku: string, at: string): string {
  return `${pageOf(sku)}@${at.slice(0, 7)}`;
}
