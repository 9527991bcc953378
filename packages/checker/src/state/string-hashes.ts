// Hashes of strings, kept while there are few different ones: names of fields, states and processes recur in every state. Beyond the cap
// strings are hashed each time, so a model with millions of different strings costs time and not memory.

const CAP = 65_536;

/** Two hashes of one string, from independent constants. */
export interface StringHash {
  readonly a: number;
  readonly b: number;
}

/** Gives the hashes of strings under a seed. @param given strings whose hashes are these. */
export function stringHashes(seed: number, given: Iterable<readonly [string, StringHash]> = []): (text: string) => StringHash {
  const known = new Map<string, StringHash>(given);
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = hashOf(text, seed);
    if (known.size < CAP) known.set(text, made);
    return made;
  };
}

/** The body of MurmurHash3 (Austin Appleby, public domain) over UTF-16 units, with two sets of constants. */
function hashOf(text: string, seed: number): StringHash {
  let a = seed ^ 0x5bd1_e995;
  let b = Math.imul(seed, 0x9e37_79b1) ^ 0x27d4_eb2f;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    let one = Math.imul(unit, 0xcc9e_2d51);
    one = (one << 15) | (one >>> 17);
    a ^= Math.imul(one, 0x1b87_3593);
    a = (a << 13) | (a >>> 19);
    a = (Math.imul(a, 5) + 0xe654_6b64) | 0;
    let two = Math.imul(unit ^ 0x3c6e, 0x239b_961b);
    two = (two << 11) | (two >>> 21);
    b ^= Math.imul(two, 0xab0e_9789);
    b = (b << 17) | (b >>> 15);
    b = (Math.imul(b, 9) + 0x561c_cd1b) | 0;
  }
  return { a: a ^ text.length, b: b ^ text.length };
}
