// Fingerprints: equal structures agree, different ones do not, and words behave as random ones would on states that are anything but random.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { structuralHash } from "./structural-hash.ts";

function fingerprint(value: unknown, seed = 0, words = 4): string {
  const into = new Uint32Array(words);
  structuralHash(seed)(value, into);
  return into.join();
}

test("equal structures have equal fingerprints, whatever their order and their zeros", () => {
  const pairs: [unknown, unknown][] = [
    [{ a: 1, b: 2 }, { b: 2, a: 1 }],
    [new Set([1, "x", [2]]), new Set([[2], 1, "x"])],
    [new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]])],
    [0, -0], [NaN, 0 / 0], [[0], [-0]],
    [{ at: new Date(5) }, { at: new Date(5) }],
    [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    [Object.assign(Object.setPrototypeOf({}, null), { a: 1 }), { a: 1 }],
    [2 ** 40, 2 ** 40], [12n ** 30n, 12n ** 30n],
  ];
  for (const [one, other] of pairs) assert.equal(fingerprint(one), fingerprint(other));
});

test("different structures have different fingerprints, however alike they are", () => {
  const all: unknown[] = [
    null, undefined, true, false, 0, 1, -1, 0.5, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, NaN, Infinity, -Infinity, "", "0", "1", "true", "null", 0n, 1n, -1n,
    [], {}, new Map(), new Set(), new Uint8Array(0), new Date(0), new Date(1), [0], [[]], [{}], [null], [undefined], [0, 0], [[], []],
    [[1], [2]], [[1, 2]], [[1, 2], []], [[], [1, 2]], [1, [2]], [[1], 2], [1, 2], [2, 1], ["1", 2], ["12"], ["1", "2"], ["", "12"],
    { a: 1 }, { a: 2 }, { b: 1 }, { a: 1, b: 2 }, { a: 2, b: 1 }, { a: undefined }, { a: null }, { a: 1, b: undefined },
    { a: { a: 1 } }, { a: { b: 1 } }, { b: { a: 1 } }, { a: { a: 1 }, b: 2 }, { a: { a: 2 }, b: 1 }, { ab: 1 }, { "a,b": 1 }, { 0: 1 }, { 0: "a" },
    new Set([1]), new Set([2]), new Set([1, 2]), new Set([[1], [2]]), new Set([[1, 2]]), new Set([new Set([1])]), new Set([new Set([1]), 1]),
    new Set([{ a: 1 }, { a: 1 }]), new Set([{ a: 1 }]), new Set([{ a: 1 }, { a: 1 }, { a: 1 }]),
    new Map([[1, 2]]), new Map([[2, 1]]), new Map([[1, 1], [2, 2]]), new Map([[1, 2], [2, 1]]), new Map([["a", 1]]), new Map([[[1], 2]]),
    Uint8Array.of(0), Uint8Array.of(0, 0), Uint8Array.of(1), Uint8Array.of(1, 0), "\0", "\0\0", "\ud800", "\udc00", "é", "e\u0301",
  ];
  for (const words of [2, 4]) {
    const seen = new Map(all.map((value) => [fingerprint(value, 0, words), value]));
    assert.equal(seen.size, all.length);
  }
});

test("another seed gives another fingerprint throughout", () => {
  const words = (value: unknown, seed: number) => fingerprint(value, seed).split(",").map(Number);
  for (const value of [1, "a", [1, 2], { a: [1] }, new Set([1])]) {
    for (const [index, word] of words(value, 1).entries()) assert.notEqual(word, words(value, 2)[index]);
  }
});

test("what has no structure is refused with its path", () => {
  class Money { amount = 1; }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const odd: [unknown, RegExp][] = [
    [{ list: [() => 1] }, /a function at state\.list\[0\]/],
    [new Map([["m", new Money()]]), /an instance of Money at state\.get\(m\)/],
    [[Symbol("s")], /a symbol at state\[0\]/],
    [cycle, /itself \(a cycle\) at state\.self/],
    [new WeakMap(), /an instance of WeakMap at state/],
  ];
  for (const [value, message] of odd) {
    assert.throws(() => fingerprint(value), (error) => isEvenkeelError(error) && error.code === "STATE_UNCOMPARABLE" && message.test(error.message));
  }
});

/** Pairs of equal words. */
function collisions(words: Uint32Array): number {
  words.sort();
  let count = 0;
  for (let index = 1; index < words.length; index += 1) if (words[index] === words[index - 1]) count += 1;
  return count;
}

const COUNT = 100_000;
const digits = (n: number, base: number, length: number): number[] => Array.from({ length }, (_, place) => Math.floor(n / base ** place) % base);
const families: [string, (n: number) => unknown][] = [
  ["whole numbers in a list", (n) => digits(n, 4, 10)],
  ["bits in a list", (n) => digits(n, 2, 17)],
  ["flags by name", (n) => Object.fromEntries(digits(n, 2, 17).map((bit, place) => [`p${place}`, bit === 1]))],
  ["rows of processes", (n) => digits(n, 8, 7).map((at, id) => ({ id, at, done: at === 7 }))],
  ["nested lists", (n) => digits(n, 3, 12).map((length) => Array.from({ length }, (_, index) => index))],
  ["a set of subsets", (n) => new Set(digits(n, 2, 17).flatMap((bit, place) => (bit === 1 ? [place] : [])))],
  ["a multiset of messages", (n) => new Map(digits(n, 3, 12).map((count, kind) => [`message ${kind}`, count]))],
  ["one number", (n) => n],
  ["one fraction", (n) => n / 7],
  ["one string", (n) => `state ${n}`],
];

for (const [name, make] of families) {
  test(`words collide about as often as random ones: ${name}`, () => {
    const hash = structuralHash(0x2545_f491);
    const into = new Uint32Array(4);
    const whole = [0, 1, 2, 3].map(() => new Uint32Array(COUNT));
    // Halves of two words: a weakness that both share would show here.
    const mixed = [[0, 1], [0, 2], [1, 3], [2, 3]].map(([left = 0, right = 0]) => ({ left, right, words: new Uint32Array(COUNT) }));
    for (let n = 0; n < COUNT; n += 1) {
      hash(make(n), into);
      for (const [index, words] of whole.entries()) words[n] = into[index] ?? 0;
      for (const { left, right, words } of mixed) words[n] = ((into[left] ?? 0) << 16) | ((into[right] ?? 0) >>> 16);
    }
    // 1.2 are expected of random words. Within one word they come in clusters: where two beginnings of a list collide, so does everything
    // that goes on alike. Two words never share a cluster, so halves of two must do as well as random ones.
    const expected = COUNT ** 2 / 2 ** 33;
    for (const { words } of mixed) {
      const found = collisions(words);
      assert.ok(found <= 8 * expected, `${found} collisions of two halves where ${expected.toFixed(1)} are expected`);
    }
    for (const words of whole) assert.ok(collisions(words) <= 100 * expected, "a word hardly spreads");
  });
}
