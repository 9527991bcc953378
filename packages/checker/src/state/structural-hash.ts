// The fingerprint of a structure: equal structures have equal words, and different ones almost never have. No strings are built, no keys
// are sorted, nothing is allocated. What is not comparable is refused with its path; meaning (symmetry, what to leave out) is not known here.
import type { Words } from "../space.ts";
import { isPlainObject, uncomparable } from "./comparable.ts";
import { scatter, spread } from "./mixing.ts";
import { stringHashes } from "./string-hashes.ts";
import type { StringHash } from "./string-hashes.ts";

/** Strings that count as something else, with their hashes: for the first two words of a fingerprint and, independently, the other two. */
type Tokens = readonly [ReadonlyMap<string, StringHash>, ReadonlyMap<string, StringHash>];

/** Fills `into` (two or four words) with the fingerprint of `value`. Throws `STATE_UNCOMPARABLE`. */
export type StructuralHash = (value: unknown, into: Words) => void;

/**
 * A hash of structures under a seed. Numbers are equal as `Object.is` has it, but -0 is 0; the order of an object's keys, of a Set's
 * elements and of a Map's entries does not matter; an absent key and `undefined` differ; 1, "1", 1n and true differ.
 *
 * @param tokens count wherever they occur, as a value or as a key; their hashes may be changed in place between two hashes of structures.
 */
export function structuralHash(seed: number, tokens: Tokens | null = null): StructuralHash {
  const first = pairOfWords(spread(seed ^ 0x243f_6a88), tokens?.[0] ?? null);
  let second: PairOfWords | null = null;
  return (value, into) => {
    first.hash(value);
    into[0] = first.a();
    into[1] = first.b();
    if (into.length < 4) return;
    second ??= pairOfWords(scatter(seed ^ 0x1319_8a2e), tokens?.[1] ?? null);
    second.hash(value);
    into[2] = second.a();
    into[3] = second.b();
  };
}

interface PairOfWords {
  hash(value: unknown): void;
  a(): number;
  b(): number;
}

// One number per kind of value keeps kinds apart: 1 and "1", [] and {}.
const NULL = 0x11, UNDEFINED = 0x22, TRUE = 0x33, FALSE = 0x44, DOUBLE = 0x55, STRING = 0x66, BIGINT = 0x77;
const ARRAY = 0x88, OBJECT = 0x99, MAP = 0xaa, SET = 0xbb, DATE = 0xcc, BYTES = 0xdd;

const asDouble = new Float64Array(1);
const asWords = new Int32Array(asDouble.buffer);

function pairOfWords(seed: number, tokens: ReadonlyMap<string, StringHash> | null): PairOfWords {
  const seedA = spread(seed ^ 0x85a3_08d3) | 0;
  const seedB = scatter(seed ^ 0x0370_7344) | 0;
  const texts = stringHashes(spread(seed ^ 0x1357_9bdf));
  const strings = tokens === null ? texts : stringHashes(spread(seed ^ 0x1357_9bdf), tokens);
  // Results of the last hash. Returning two numbers from a function would allocate, and that is most of its cost.
  let a = 0;
  let b = 0;

  function hash(value: unknown): void {
    try {
      visit(value);
    } catch {
      // Only what cannot be compared throws, and a cycle, which ends in an overflow of the stack. From here its path is found.
      throw uncomparable(value);
    }
  }

  function visit(value: unknown): void {
    switch (typeof value) {
      case "number": return visitNumber(value);
      case "string": {
        const known = strings(value);
        a = spread(known.a ^ STRING);
        b = scatter(known.b ^ STRING);
        return;
      }
      case "object":
        if (value === null) return tag(NULL);
        if (Array.isArray(value)) return visitArray(value);
        if (isPlainObject(value)) return visitObject(value);
        return visitInstance(value);
      case "boolean": return tag(value ? TRUE : FALSE);
      case "undefined": return tag(UNDEFINED);
      case "bigint": {
        const known = texts(value.toString(36));
        a = spread(known.a ^ BIGINT);
        b = scatter(known.b ^ BIGINT);
        return;
      }
      default: throw uncomparable(value);
    }
  }

  function tag(kind: number): void {
    a = spread(seedB ^ kind);
    b = scatter(seedA ^ kind);
  }

  function visitNumber(value: number): void {
    // Whole numbers of 32 bits, -0 as 0 among them: bijections, so no two of them share a word.
    if (value === (value | 0)) {
      a = spread(value ^ seedA);
      b = scatter(value ^ seedB);
      return;
    }
    double(value, DOUBLE);
  }

  function double(value: number, kind: number): void {
    asDouble[0] = value;
    const low = asWords[0] ?? 0;
    const high = asWords[1] ?? 0;
    a = spread(spread(low ^ seedB ^ kind) ^ high);
    b = scatter(scatter(high ^ seedA ^ kind) ^ low);
  }

  function visitArray(value: readonly unknown[]): void {
    const length = value.length;
    let sumA = seedA ^ ARRAY ^ length;
    let sumB = seedB ^ ARRAY ^ length;
    for (let index = 0; index < length; index += 1) {
      const item = value[index];
      let itemA: number;
      let itemB: number;
      if (typeof item === "number" && item === (item | 0)) {
        itemA = spread(item ^ seedA);
        itemB = scatter(item ^ seedB);
      } else {
        visit(item);
        itemA = a;
        itemB = b;
      }
      sumA = Math.imul(sumA ^ itemA, 0x9e37_79b1);
      sumA ^= sumA >>> 15;
      sumB = Math.imul(sumB ^ itemB, 0xc2b2_ae3d);
      sumB ^= sumB >>> 13;
    }
    a = spread(sumA);
    b = scatter(sumB);
  }

  // Entries are mixed one by one and added up, so their order does not matter; adding keeps what occurs twice, which XOR would cancel.
  function visitObject(value: object): void {
    const entries = value as Readonly<Record<string, unknown>>;
    let sumA = 0;
    let sumB = 0;
    for (const key in entries) {
      const known = strings(key);
      const keyA = known.a;
      const keyB = known.b;
      const item = entries[key];
      if (typeof item === "number") visitNumber(item);
      else visit(item);
      sumA = (sumA + spread(keyA ^ a)) | 0;
      sumB = (sumB + scatter(keyB ^ b)) | 0;
    }
    a = spread(sumA ^ seedA ^ OBJECT);
    b = scatter(sumB ^ seedB ^ OBJECT);
  }

  function visitInstance(value: object): void {
    let sumA = 0;
    let sumB = 0;
    let kind = SET;
    if (value instanceof Set) {
      for (const item of value) {
        visit(item);
        sumA = (sumA + spread(a ^ SET)) | 0;
        sumB = (sumB + scatter(b ^ SET)) | 0;
      }
      sumA ^= Math.imul(value.size, 0x9e37_79b1);
    } else if (value instanceof Map) {
      kind = MAP;
      for (const [key, item] of value) {
        visit(key);
        const keyA = Math.imul(a, 0x9e37_79b1) + MAP;
        const keyB = Math.imul(b, 0xc2b2_ae3d) + MAP;
        visit(item);
        sumA = (sumA + spread(keyA ^ a)) | 0;
        sumB = (sumB + scatter(keyB ^ b)) | 0;
      }
    } else if (value instanceof Date) {
      return double(value.getTime(), DATE);
    } else if (value instanceof Uint8Array) {
      kind = BYTES;
      sumA = value.length;
      for (const byte of value) {
        sumA = spread(sumA ^ byte);
        sumB = scatter(sumB ^ byte);
      }
    } else {
      throw uncomparable(value);
    }
    a = spread(sumA ^ seedA ^ kind);
    b = scatter(sumB ^ seedB ^ kind);
  }

  return { hash, a: () => a, b: () => b };
}
