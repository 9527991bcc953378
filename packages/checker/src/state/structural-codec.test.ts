// States come back from their bytes as they were: every kind of value, every order, every length.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { structuralCodec } from "./structural-codec.ts";

test("every kind of value comes back", () => {
  const bare: unknown = Object.assign(Object.setPrototypeOf({}, null), { a: 1 });
  const proto: unknown = JSON.parse('{"__proto__": 1, "b": {"constructor": 2}}');
  const values: unknown[] = [
    null, undefined, true, false, 0, 1, 223, 224, 255, 256, -1, -2, -1000, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 0.1, NaN, Infinity, -Infinity,
    "", "a", "é\ud83d\ude00", "\ud800", "x".repeat(1000), 0n, -1n, 123456789012345678901234567890n, -(36n ** 40n),
    [], [1, 2, 3], [256], [1, "a"], [-1], [1.5], [[], [[]]], Array.from({ length: 300 }, (_, index) => index), Array.from({ length: 300 }, () => "s"),
    {}, { a: 1 }, { b: { a: 1 } }, { a: undefined }, { "a-b": 1, "\"": 2, "\u2028": 3 }, bare, proto,
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index])),
    new Set([1, "a", [1]]), new Map<unknown, unknown>([[{ a: 1 }, 2], ["k", new Map()]]), new Date(12), Uint8Array.of(0, 255), new Uint8Array(0),
  ];
  const codec = structuralCodec();
  const to = new ByteWriter(1);
  for (let round = 0; round < 2; round += 1) for (const value of values) codec.write(value, to);
  const from = new ByteReader(to.bytes);
  for (let round = 0; round < 2; round += 1) for (const value of values) assert.deepStrictEqual(codec.read(from), value);
  assert.equal(from.position, to.length);
});

test("keys, elements and entries keep their order", () => {
  const codec = structuralCodec<object>();
  const to = new ByteWriter();
  for (const value of [{ b: 1, a: 2 }, { a: 2, b: 1 }]) codec.write(value, to);
  const from = new ByteReader(to.bytes);
  assert.deepEqual([Object.keys(codec.read(from)), Object.keys(codec.read(from))], [["b", "a"], ["a", "b"]]);
});

test("more strings and forms than are numbered come back, too", () => {
  const codec = structuralCodec();
  const to = new ByteWriter();
  const value = (n: number): unknown => (n % 7 === 0 ? { [`key ${n}`]: n } : `text ${n}`);
  for (let n = 0; n < 80_000; n += 1) codec.write(value(n), to);
  const from = new ByteReader(to.bytes);
  for (let n = 0; n < 80_000; n += 1) assert.deepEqual(codec.read(from), value(n));
});

test("small values take few bytes", () => {
  const codec = structuralCodec();
  const to = new ByteWriter();
  codec.write({ phase: "idle", counters: [0, 1, 2], done: false }, to);
  const first = to.length;
  codec.write({ phase: "idle", counters: [1, 2, 3], done: true }, to);
  assert.equal(to.length - first, 10);
});
