// The two documented hashes: the partition of a (tenant, key), and the id of a message that a handler emits. Both are pure, so
// the checker, the browser and every worker agree. Neither is meant to withstand an adversary.

/**
 * MurmurHash3 x86 128 bit (Austin Appleby, public domain: https://github.com/aappleby/smhasher) over the UTF-16 code units of
 * `text`, low byte first. Returns four unsigned 32-bit words.
 */
export function hash128(text: string, seed = 0): readonly [number, number, number, number] {
  const c1 = 0x239b961b, c2 = 0xab0e9789, c3 = 0x38b34ae5, c4 = 0xa1e38b93;
  let h1 = seed | 0, h2 = seed | 0, h3 = seed | 0, h4 = seed | 0;
  const units = text.length;
  const blocks = units >> 3;
  for (let block = 0; block < blocks; block++) {
    const at = block << 3;
    h1 ^= Math.imul(rotate(Math.imul(word(text, at), c1), 15), c2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(text, at + 2), c2), 16), c3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(text, at + 4), c3), 17), c4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(text, at + 6), c4), 18), c1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  const tail = blocks << 3;
  const left = units - tail;
  if (left > 6) h4 ^= Math.imul(rotate(Math.imul(word(text, tail + 6), c4), 18), c1);
  if (left > 4) h3 ^= Math.imul(rotate(Math.imul(word(text, tail + 4), c3), 17), c4);
  if (left > 2) h2 ^= Math.imul(rotate(Math.imul(word(text, tail + 2), c2), 16), c3);
  if (left > 0) h1 ^= Math.imul(rotate(Math.imul(word(text, tail), c1), 15), c2);
  const bytes = units * 2;
  h1 ^= bytes; h2 ^= bytes; h3 ^= bytes; h4 ^= bytes;
  h1 = (h1 + h2 + h3 + h4) | 0; h2 = (h2 + h1) | 0; h3 = (h3 + h1) | 0; h4 = (h4 + h1) | 0;
  h1 = mix(h1); h2 = mix(h2); h3 = mix(h3); h4 = mix(h4);
  h1 = (h1 + h2 + h3 + h4) | 0; h2 = (h2 + h1) | 0; h3 = (h3 + h1) | 0; h4 = (h4 + h1) | 0;
  return [h1 >>> 0, h2 >>> 0, h3 >>> 0, h4 >>> 0];
}

function word(text: string, at: number): number {
  const high = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
  return (text.charCodeAt(at) | (high << 16)) | 0;
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The partition of a key: hash128(tenant + NUL + key), first word, modulo the number of partitions. */
export function partitionOf(tenant: string, key: string, partitions: number): number {
  return hash128(`${tenant}\u0000${key}`)[0] % partitions;
}

/**
 * A UUID (version 8, RFC 9562 section 5.8) computed from `text`: the same text gives the same id everywhere. Made in one go of its characters' codes:
 * put together piece by piece it takes three times as long.
 */
export function derivedId(text: string): string {
  const [a, b, c, d] = hash128(text, 0x9e3779b9);
  return String.fromCharCode(
    nibble(a, 28), nibble(a, 24), nibble(a, 20), nibble(a, 16), nibble(a, 12), nibble(a, 8), nibble(a, 4), nibble(a, 0), DASH,
    nibble(b, 28), nibble(b, 24), nibble(b, 20), nibble(b, 16), DASH,
    EIGHT, nibble(b, 8), nibble(b, 4), nibble(b, 0), DASH,
    "89ab".charCodeAt(c >>> 30), nibble(c, 24), nibble(c, 20), nibble(c, 16), DASH,
    nibble(c, 12), nibble(c, 8), nibble(c, 4), nibble(c, 0),
    nibble(d, 28), nibble(d, 24), nibble(d, 20), nibble(d, 16), nibble(d, 12), nibble(d, 8), nibble(d, 4), nibble(d, 0),
  );
}

/** A short digest of a payload, to tell whether two are equal. */
export function digestOf(text: string): string {
  return hash128(text, 0x51ed270b).map(hex).join("");
}

const DASH = 45;
const EIGHT = 56;

const CODES = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** The code of the hexadecimal digit at `shift`. */
function nibble(value: number, shift: number): number {
  return CODES[(value >>> shift) & 15] ?? 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
