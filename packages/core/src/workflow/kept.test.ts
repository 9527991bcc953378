// Values as a journal keeps them: what JSON text would make of them, with or without the text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kept, keptValue } from "./kept.ts";

class Money { readonly pence = 5; }

const samples: readonly (readonly [string, object])[] = [
  ["plain data", { a: 1, b: "x", c: [true, null, { d: -0 }], "10": 1, "2": 2 }],
  ["what JSON leaves out", { a: undefined, b: () => 1, c: Symbol("s"), d: [undefined, () => 1, Symbol("s")] }],
  ["numbers that JSON has none of", { a: NaN, b: Infinity, c: [-Infinity] }],
  ["dates", { at: new Date(0), all: [new Date(1)] }],
  ["what says how it is written", { a: { toJSON: () => "as text" }, b: [Object.assign([1], { toJSON: () => "as text" })] }],
  ["objects of classes, maps and sets", { money: new Money(), map: new Map([[1, 2]]), set: new Set([1]) }],
  ["boxed values", { a: Object("text") as object, b: Object(1) as object, c: Object(true) as object }],
  ["objects without a prototype", Object.assign(Object.create(null) as object, { a: 1 })],
  ["arrays with holes and names", [Object.assign([] as number[], { 0: 1, 2: 3 }), Object.assign([1], { name: "x" })]],
  ["an own field __proto__", JSON.parse('{"__proto__":{"a":1},"b":2}') as object],
  ["accessors", { get a() { return { b: 1 }; } }],
];

for (const [what, value] of samples) {
  test(`${what}: as JSON text would have it, and frozen`, () => {
    const plain = kept(value);
    assert.deepEqual(plain, JSON.parse(JSON.stringify(value)));
    assert.equal(JSON.stringify(plain), JSON.stringify(value));
    const all = (one: unknown): void => {
      if (typeof one !== "object" || one === null) return;
      assert.ok(Object.isFrozen(one));
      Object.values(one).forEach(all);
    };
    all(plain);
  });
}

test("the character U+0000 is refused wherever it stands, and text that looks like its escape is not", () => {
  const wrong = { code: "DATA_NOT_JSON", message: /^JSON cannot carry the input, at .*holds the character U\+0000/ };
  const values = ["a\u0000", { a: ["\u0000"] }, { a: { "b\u0000": 1 } }, { at: new Date(0), a: "\u0000" }, Object.freeze({ a: "\u0000" }), new Map([["a", 1]])];
  for (const value of values.slice(0, -1)) assert.throws(() => keptValue(value, "the input"), wrong, JSON.stringify(value));
  for (const value of [values.at(-1), "\\u0000", { at: new Date(0), a: "\\u0000", "\\u0000": 1 }]) {
    assert.deepEqual(keptValue(value, "the input"), JSON.parse(JSON.stringify(value)));
  }
});

test("what is kept already is not copied, and what only looks frozen is", () => {
  const plain = kept({ a: [{ b: 1 }] });
  assert.equal(kept(plain), plain);
  const inner = { b: 1 };
  const copy = kept(Object.freeze({ inner }));
  inner.b = 2;
  assert.equal(copy.inner.b, 1);
});

test("a frozen object with an accessor, a symbol or a hidden member is copied: only what comes back from storage is given on", () => {
  let calls = 0;
  const live = Object.freeze({ get a() { return ++calls; } });
  const plain = kept(live);
  assert.deepEqual([plain.a, plain.a], [1, 1]);
  const marked = kept(Object.freeze({ a: 1, [Symbol("s")]: 2 }));
  assert.deepEqual(Reflect.ownKeys(marked), ["a"]);
  const hidden = kept(Object.freeze(Object.defineProperty({ a: 1 }, "b", { value: 2, enumerable: false })));
  assert.deepEqual(Reflect.ownKeys(hidden), ["a"]);
  const listed = kept(Object.freeze(Object.defineProperty([1, 2], 1, { get: () => ++calls, enumerable: true })));
  assert.equal(listed[1], listed[1]);
  const named = kept(Object.freeze(Object.assign([1], { name: "x", [Symbol("s")]: 2 })));
  assert.deepEqual(Reflect.ownKeys(named), ["0", "length"]);
});

test("what JSON cannot carry is refused, with its place", () => {
  assert.throws(() => kept({ a: [{ b: 1n }] }), { code: "DATA_NOT_JSON", message: /at 'a\.0\.b': it is a bigint/ });
  const cycle: { inner?: object } = {};
  cycle.inner = [cycle];
  assert.throws(() => kept({ cycle }), { code: "DATA_NOT_JSON", message: /at 'cycle\.inner\.0': it holds itself/ });
  assert.throws(() => kept({ a: { get b(): never { throw new Error("closed"); } } }), { code: "DATA_NOT_JSON", message: /at 'a\.b': reading it throws Error: closed/ });
});
