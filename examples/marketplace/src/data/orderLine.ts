// One order line, and the exact reading of its values: money to integer pence, whole quantities, instants.
// It refuses to guess: what does not read exactly is a reason, in words, for a bad row.

/** One line of the order file, as it stands there. Whether it is a sale, a return or an adjustment: `classifyLine`. */
export interface OrderLine {
  /** The physical line of the file on which the record begins; the header is line 1. */
  readonly lineNumber: number;
  readonly invoice: string;
  /** The stock code as written: `85123A` and `85123a` are two SKUs, since the file itself does not say that they are one. */
  readonly sku: string;
  readonly description: string;
  /** Units; negative when goods come back or are written off. */
  readonly quantity: number;
  /** ISO 8601 in UTC with milliseconds, so that text order is time order. The file names no zone: it is read as UTC. */
  readonly orderedAt: string;
  /** Price of one unit in pence; may be zero or negative. */
  readonly pence: number;
  /** `null` where the file has no customer. */
  readonly customer: string | null;
  readonly country: string;
}

const MONEY = /^(-?)(\d{1,10})(?:\.(\d+))?$/;
const WHOLE = /^-?\d{1,9}$/;
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?$/;

/**
 * Reads pounds as integer pence without passing through a binary fraction; `null` when the text is not a decimal number.
 * A third decimal rounds half away from zero, so `0.001` (four rows of the public data set) is 0 pence.
 *
 * @example parsePence("2.55") // 255
 */
export function parsePence(text: string): number | null {
  const parts = MONEY.exec(text);
  if (parts === null) return null;
  const fraction = (parts[3] ?? "").padEnd(3, "0");
  const pence = Number(parts[2]) * 100 + Number(fraction.slice(0, 2)) + (fraction.charCodeAt(2) >= 53 ? 1 : 0);
  return parts[1] === "-" && pence !== 0 ? -pence : pence;
}

/** Reads a whole number of units; `null` when the text is not one, or has more than nine digits. */
export function parseQuantity(text: string): number | null {
  return WHOLE.test(text) ? Number(text) : null;
}

/**
 * Reads `YYYY-MM-DD HH:MM[:SS]` as ISO 8601 in UTC; `null` when there is no such instant.
 *
 * @example parseInstant("2010-12-01 08:26:00") // "2010-12-01T08:26:00.000Z"
 */
export function parseInstant(text: string): string | null {
  const parts = INSTANT.exec(text);
  if (parts === null) return null;
  const iso = `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6] ?? "00"}.000Z`;
  const ms = Date.parse(iso);
  // 31 February parses to 3 March: an instant that does not come back unchanged does not exist.
  return Number.isNaN(ms) || new Date(ms).toISOString() !== iso ? null : iso;
}
