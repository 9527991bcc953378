// Bijections of 32 bits that spread every input bit over all output bits: what every hash here is made of. Two families, so that two
// words of one fingerprint never share a weakness.

/** The finalizer of MurmurHash3 (Austin Appleby, public domain). */
export function spread(value: number): number {
  let word = value;
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return word ^ (word >>> 16);
}

/** The best of the two-round hashes found by exhaustive search in "hash-prospector" (Chris Wellons, public domain). */
export function scatter(value: number): number {
  let word = value;
  word = Math.imul(word ^ (word >>> 16), 0x7feb_352d);
  word = Math.imul(word ^ (word >>> 15), 0x846c_a68b);
  return word ^ (word >>> 16);
}
