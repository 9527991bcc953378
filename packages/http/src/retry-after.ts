// `Retry-After` (RFC 9110, section 10.2.3) as a delay in milliseconds: both its forms, seconds and an HTTP-date. It waits for nothing.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = `(${MONTHS.join("|")})`;
const TIME = String.raw`(\d\d):(\d\d):(\d\d)`;
/** `Sun, 06 Nov 1994 08:49:37 GMT`, the form to be written. */
const FIXDATE = new RegExp(String.raw`^[A-Z][a-z]{2}, (\d\d) ${MONTH} (\d{4}) ${TIME} GMT$`);
/** `Sunday, 06-Nov-94 08:49:37 GMT`, obsolete and to be read. */
const RFC850 = new RegExp(String.raw`^[A-Z][a-z]{5,8}, (\d\d)-${MONTH}-(\d\d) ${TIME} GMT$`);
/** `Sun Nov  6 08:49:37 1994`, obsolete and to be read; it is in GMT, whatever it does not say. */
const ASCTIME = new RegExp(String.raw`^[A-Z][a-z]{2} ${MONTH} ([ \d]\d) ${TIME} (\d{4})$`);

/**
 * The delay that an answer asks for, at most `maxMs`; null where it asks for none that can be read. A date counts from the answer's own
 * `Date`, so that a clock that differs from ours does no harm, else from `nowMs`; one that has passed is 0.
 *
 * @example retryAfterMs("120", null, Date.now(), 300_000) // 120000
 */
export function retryAfterMs(retryAfter: string | undefined, date: string | undefined, nowMs: number, maxMs: number): number | null {
  const text = retryAfter?.trim();
  if (text === undefined || text === "") return null;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, maxMs);
  const until = httpDate(text, nowMs);
  if (until === null) return null;
  const from = date === undefined ? null : httpDate(date.trim(), nowMs);
  return Math.min(Math.max(0, until - (from ?? nowMs)), maxMs);
}

/** An HTTP-date (RFC 9110, section 5.6.7) as milliseconds since 1970, or null. */
function httpDate(text: string, nowMs: number): number | null {
  const fixdate = FIXDATE.exec(text);
  if (fixdate !== null) return utc(fixdate[3], fixdate[2], fixdate[1], fixdate.slice(4));
  const rfc850 = RFC850.exec(text);
  if (rfc850 !== null) return utc(String(fullYear(Number(rfc850[3]), nowMs)), rfc850[2], rfc850[1], rfc850.slice(4));
  const asctime = ASCTIME.exec(text);
  return asctime === null ? null : utc(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
}

function utc(year: string | undefined, month: string | undefined, day: string | undefined, time: readonly string[]): number | null {
  const [hours, minutes, seconds] = time.map(Number);
  const at = Date.UTC(Number(year), MONTHS.indexOf(month ?? ""), Number(day), hours, minutes, seconds);
  return Number.isFinite(at) ? at : null;
}

/** Two digits that would be more than 50 years in the future are of the past century. */
function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
