// PostgreSQL arrays in the binary wire format (src/backend/utils/adt/arrayfuncs.c, array_recv): strings need no escaping on either side,
// which makes a large commit cheap to send. Layout: dimensions, null flag, element type, length, lower bound, then length-prefixed elements.

const INT4 = 23, INT8 = 20, TEXT = 25, UUID = 2950;
const HEADER = 20;

const USUAL_BYTES = 1 << 16;
/** Above this it is let go once it was used: one giant batch must not be paid for as long as the process lives. */
const MOST_KEPT_BYTES = 1 << 22;

/** Grows as needed and is reused: an encoded array is copied out of it. */
let scratch = Buffer.allocUnsafe(USUAL_BYTES);

function reserve(at: number, bytes: number): void {
  if (at + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + bytes));
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
}

function header(type: number, length: number, nulls: boolean): void {
  scratch.writeInt32BE(length === 0 ? 0 : 1, 0);
  scratch.writeInt32BE(nulls ? 1 : 0, 4);
  scratch.writeInt32BE(type, 8);
  scratch.writeInt32BE(length, 12);
  scratch.writeInt32BE(1, 16);
}

function copyOut(bytes: number): Buffer {
  const copy = Buffer.from(scratch.subarray(0, bytes));
  if (scratch.length > MOST_KEPT_BYTES) scratch = Buffer.allocUnsafe(USUAL_BYTES);
  return copy;
}

/** The value of each hexadecimal digit, by its character code. */
const DIGIT = Uint8Array.from({ length: 128 }, (_, code) => (code <= 57 ? code - 48 : (code | 32) - 87));

export function textArray(values: readonly (string | null)[]): Buffer {
  let at = HEADER;
  let nulls = false;
  for (const value of values) {
    if (value === null) {
      reserve(at, 4);
      scratch.writeInt32BE(-1, at);
      at += 4;
      nulls = true;
      continue;
    }
    reserve(at, 4 + value.length * 3);
    const bytes = scratch.write(value, at + 4, "utf8");
    scratch.writeInt32BE(bytes, at);
    at += 4 + bytes;
  }
  header(TEXT, values.length, nulls);
  return copyOut(values.length === 0 ? 12 : at);
}

export function int4Array(values: readonly number[]): Buffer {
  reserve(0, HEADER + values.length * 8);
  let at = HEADER;
  for (const value of values) {
    scratch.writeInt32BE(4, at);
    scratch.writeInt32BE(value, at + 4);
    at += 8;
  }
  header(INT4, values.length, false);
  return copyOut(values.length === 0 ? 12 : at);
}

/** Whole numbers up to 2^53 - 1, or null. */
export function int8Array(values: readonly (number | null)[]): Buffer {
  reserve(0, HEADER + values.length * 12);
  let at = HEADER;
  let nulls = false;
  for (const value of values) {
    if (value === null) {
      scratch.writeInt32BE(-1, at);
      at += 4;
      nulls = true;
      continue;
    }
    scratch.writeInt32BE(8, at);
    scratch.writeInt32BE(Math.floor(value / 0x1_0000_0000), at + 4);
    scratch.writeUInt32BE(value % 0x1_0000_0000, at + 8);
    at += 12;
  }
  header(INT8, values.length, nulls);
  return copyOut(values.length === 0 ? 12 : at);
}

export function uuidArray(values: readonly (string | null)[]): Buffer {
  reserve(0, HEADER + values.length * 20);
  let at = HEADER;
  let nulls = false;
  for (const value of values) {
    if (value === null) {
      scratch.writeInt32BE(-1, at);
      at += 4;
      nulls = true;
      continue;
    }
    scratch.writeInt32BE(16, at);
    at += 4;
    for (let index = 0; index < 36; index += 2) {
      // A UUID's text has dashes after 8, 13, 18 and 23 characters; pairs of digits never straddle one.
      if (index === 8 || index === 13 || index === 18 || index === 23) index++;
      scratch[at++] = ((DIGIT[value.charCodeAt(index)] ?? 0) << 4) | (DIGIT[value.charCodeAt(index + 1)] ?? 0);
    }
  }
  header(UUID, values.length, nulls);
  return copyOut(values.length === 0 ? 12 : at);
}
