// Columns of numbers and of bits that grow in pieces of a fixed size, so that growing copies nothing and a graph of many millions of
// edges never exists twice. They only grow; they do not shrink, and reading beyond the end gives 0.

const PIECE_BITS = 16;
const PIECE = 1 << PIECE_BITS;
const WITHIN = PIECE - 1;

interface Column {
  readonly length: number;
  push(value: number): void;
  /** Writes at an index, growing up to it; what lies between is 0. */
  put(index: number, value: number): void;
  at(index: number): number;
}

type Pieces = Uint16Array | Uint32Array;

/** A column of whole numbers below 2^16 or 2^32. */
export function column(bits: 16 | 32): Column {
  const pieces: Pieces[] = [];
  let length = 0;
  const put = (index: number, value: number): void => {
    const piece = index >>> PIECE_BITS;
    while (pieces.length <= piece) pieces.push(bits === 16 ? new Uint16Array(PIECE) : new Uint32Array(PIECE));
    const target = pieces[piece];
    if (target !== undefined) target[index & WITHIN] = value;
    if (index >= length) length = index + 1;
  };
  return {
    get length() {
      return length;
    },
    push: (value) => put(length, value),
    put,
    at: (index) => pieces[index >>> PIECE_BITS]?.[index & WITHIN] ?? 0,
  };
}

/** A set of dense numbers, one bit each. */
export interface Bits {
  add(index: number): void;
  has(index: number): boolean;
}

export function bits(): Bits {
  const words = column(32);
  return {
    add: (index) => words.put(index >>> 5, words.at(index >>> 5) | (1 << (index & 31))),
    has: (index) => ((words.at(index >>> 5) >>> (index & 31)) & 1) === 1,
  };
}
