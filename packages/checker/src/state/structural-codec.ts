// Structures as bytes and back: every value that a state may hold, in the order in which it holds it. Which objects were shared is not kept:
// equal structures come back, not the same objects. Refuses what cannot be compared by structure.
import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { StateCodec } from "../space.ts";
import { isPlainObject, uncomparable } from "./comparable.ts";
import { Shapes } from "./shapes.ts";

// The first byte of a value: its kind, or a small whole number itself.
const NULL = 0, UNDEFINED = 1, TRUE = 2, FALSE = 3, UINT = 4, NEGATIVE = 5, DOUBLE = 6, STRING = 7, KNOWN_STRING = 8, BIGINT = 9;
const LIST = 10, SMALL_LIST = 11, OBJECT = 12, SET = 13, MAP = 14, DATE = 15, BYTES = 16;
const FIRST_SMALL = 32;
const SMALLS = 256 - FIRST_SMALL;

/** A codec. Bytes are read by the codec that wrote them: it numbers forms and strings as it meets them. */
export function structuralCodec<State>(): StateCodec<State> {
  const shapes = new Shapes();
  let reader: ByteReader | null = null;
  let told = { forms: 0, strings: 0 };

  function write(value: unknown, to: ByteWriter): void {
    switch (typeof value) {
      case "number": return writeNumber(value, to);
      case "string": return writeString(value, to);
      case "boolean": return to.byte(value ? TRUE : FALSE);
      case "undefined": return to.byte(UNDEFINED);
      case "bigint":
        to.byte(BIGINT);
        return writeString(value.toString(36), to);
      case "object":
        if (value === null) return to.byte(NULL);
        if (Array.isArray(value)) return writeList(value, to);
        if (isPlainObject(value)) return writeObject(value, to);
        return writeInstance(value, to);
      default: throw uncomparable(value);
    }
  }

  function writeNumber(value: number, to: ByteWriter): void {
    const whole = value | 0;
    if (whole !== value) {
      to.byte(DOUBLE);
      to.double(value);
    } else if (whole >= 0 && whole < SMALLS) {
      to.byte(FIRST_SMALL + whole);
    } else {
      to.byte(whole < 0 ? NEGATIVE : UINT);
      to.uint(whole < 0 ? -(whole + 1) : whole);
    }
  }

  function writeString(value: string, to: ByteWriter): void {
    const number = shapes.numberOf(value);
    if (number >= 0) {
      to.byte(KNOWN_STRING);
      return to.uint(number);
    }
    to.byte(STRING);
    to.uint(value.length);
    for (let index = 0; index < value.length; index += 1) to.uint(value.charCodeAt(index));
  }

  function writeList(value: readonly unknown[], to: ByteWriter): void {
    const { length } = value;
    const start = to.length;
    to.byte(SMALL_LIST);
    to.uint(length);
    to.reserve(length);
    for (let index = 0; index < length; index += 1) {
      const item = value[index];
      if (typeof item !== "number" || item !== (item & 0xff)) return writeMixedList(value, to, start);
      to.byte(item);
    }
  }

  function writeMixedList(value: readonly unknown[], to: ByteWriter, start: number): void {
    to.length = start;
    to.byte(LIST);
    to.uint(value.length);
    for (let index = 0; index < value.length; index += 1) write(value[index], to);
  }

  function writeObject(value: object, to: ByteWriter): void {
    const entries = value as Readonly<Record<string, unknown>>;
    let shape = Object.getPrototypeOf(value) === null ? shapes.bare : shapes.plain;
    for (const key in entries) shape = shapes.step(shape, key);
    to.byte(OBJECT);
    to.uint(shapes.idOf(shape));
    for (const key in entries) write(entries[key], to);
  }

  function writeInstance(value: object, to: ByteWriter): void {
    if (value instanceof Set) {
      to.byte(SET);
      to.uint(value.size);
      for (const item of value) write(item, to);
    } else if (value instanceof Map) {
      to.byte(MAP);
      to.uint(value.size);
      for (const [key, item] of value) {
        write(key, to);
        write(item, to);
      }
    } else if (value instanceof Date) {
      to.byte(DATE);
      to.double(value.getTime());
    } else if (value instanceof Uint8Array) {
      to.byte(BYTES);
      to.uint(value.length);
      to.raw(value);
    } else {
      throw uncomparable(value);
    }
  }

  function readNext(): unknown {
    if (reader === null) throw new RangeError("Nothing is being read.");
    const from = reader;
    const kind = from.byte();
    if (kind >= FIRST_SMALL) return kind - FIRST_SMALL;
    switch (kind) {
      case NULL: return null;
      case UNDEFINED: return undefined;
      case TRUE: return true;
      case FALSE: return false;
      case UINT: return from.uint();
      case NEGATIVE: return -from.uint() - 1;
      case DOUBLE: return from.double();
      case KNOWN_STRING: return shapes.string(from.uint());
      case STRING: return readString(from);
      case BIGINT: return bigintOf(readNext());
      case SMALL_LIST: return readSmallList(from);
      case LIST: return shapes.list(from.uint(), readNext);
      case OBJECT: return shapes.make(from.uint(), readNext);
      case SET: return readSet(from.uint());
      case MAP: return readMap(from.uint());
      case DATE: return new Date(from.double());
      case BYTES: return from.raw(from.uint());
      default: throw new RangeError(`No value begins with the byte ${kind}.`);
    }
  }

  function readSet(size: number): Set<unknown> {
    const set = new Set<unknown>();
    for (let count = 0; count < size; count += 1) set.add(readNext());
    return set;
  }

  function readMap(size: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let count = 0; count < size; count += 1) {
      const key = readNext();
      map.set(key, readNext());
    }
    return map;
  }

  return {
    write,
    learnt: () => shapes.learnt(),
    news() {
      const { forms, strings } = shapes.learnt(told.forms, told.strings);
      told = { forms: told.forms + forms.length, strings: told.strings + strings.length };
      return forms.length + strings.length === 0 ? null : { forms, strings };
    },
    learn: (learnt) => shapes.learn(learnt),
    read(from) {
      reader = from;
      // What was written was a State, and equal structures come back.
      return readNext() as State;
    },
  };
}

// A copy of a list of zeros is a list of small whole numbers to the engine, of exactly the size; pushing would take three times the memory.
const zeros: number[][] = [];

function readSmallList(from: ByteReader): number[] {
  const length = from.uint();
  const list = (zeros[length] ??= zerosOf(length)).slice();
  for (let index = 0; index < length; index += 1) list[index] = from.byte();
  return list;
}

function zerosOf(length: number): number[] {
  const list: number[] = [];
  while (list.length < length) list.push(0);
  return list;
}

function readString(from: ByteReader): string {
  const length = from.uint();
  let text = "";
  for (let index = 0; index < length; index += 1) text += String.fromCharCode(from.uint());
  return text;
}

function bigintOf(text: unknown): bigint {
  const digits = String(text);
  const negative = digits.startsWith("-");
  let value = 0n;
  for (const digit of negative ? digits.slice(1) : digits) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return negative ? -value : value;
}
