// Orbits counted by their fingerprints, against numbers of structures up to isomorphism that are published (OEIS).
import assert from "node:assert/strict";
import { test } from "node:test";
import { interchangeable } from "./interchangeable.ts";
import { orbitFingerprint } from "./orbit-fingerprint.ts";
import { permutations } from "./permutations.ts";
import { renamed } from "./renaming.ts";

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

function orbits(structures: Iterable<unknown>, sets: readonly (readonly string[])[], words: 2 | 4 = 2): number {
  const fingerprint = orbitFingerprint(5, interchangeable("test", sets));
  const seen = new Set<string>();
  const into = new Uint32Array(words);
  for (const structure of structures) {
    fingerprint(structure, into);
    seen.add(into.join());
  }
  return seen.size;
}

function* functions(from: readonly string[], to: readonly string[]): Iterable<Map<string, string>> {
  for (let number = 0; number < to.length ** from.length; number += 1) {
    yield new Map(from.map((name, index) => [name, to[Math.floor(number / to.length ** index) % to.length] ?? ""]));
  }
}

function* graphs(nodes: readonly string[]): Iterable<Set<Set<string>>> {
  const pairs = nodes.flatMap((one, index) => nodes.slice(index + 1).map((other) => new Set([one, other])));
  for (let number = 0; number < 2 ** pairs.length; number += 1) yield new Set(pairs.filter((_, index) => ((number >>> index) & 1) === 1));
}

test("functions of a set into itself: 1, 3, 7, 19, 47 up to renaming (A001372)", () => {
  for (const [index, count] of [1, 3, 7, 19, 47].entries()) {
    const set = names("n", index + 1);
    assert.equal(orbits(functions(set, set), [set]), count, `${set.length} elements`);
  }
});

test("the same functions as objects, whose keys are the interchangeable strings", () => {
  const set = names("n", 4);
  const objects = [...functions(set, set)].map((each) => Object.fromEntries(each));
  assert.equal(orbits(objects, [set]), 19);
});

test("graphs: 1, 2, 4, 11, 34 up to renaming (A000088), by 64 and by 128 bits", () => {
  for (const [index, count] of [1, 2, 4, 11, 34].entries()) {
    const set = names("n", index + 1);
    assert.equal(orbits(graphs(set), [set]), count, `${set.length} nodes`);
    assert.equal(orbits(graphs(set), [set], 4), count, `${set.length} nodes, 128 bits`);
  }
});

test("functions from one set into another, both interchangeable: the partitions of 4 into at most 3", () => {
  const from = names("f", 4);
  const to = names("t", 3);
  assert.equal(orbits(functions(from, to), [from, to]), 4);
});

test("strings of different sets are not interchangeable, and lists keep their order", () => {
  const set = names("n", 3);
  assert.equal(orbits([["n0", "other"], ["other", "n0"], ["n1", "other"]], [set]), 2);
  assert.equal(orbits([["n0", "n0", "n1"], ["n1", "n1", "n2"], ["n0", "n1", "n0"], ["n0", "n1", "n2"]], [set]), 3);
});

test("what refinement cannot tell apart is told apart: a ring of six and two rings of three", () => {
  const set = names("n", 6);
  const ring = (...members: number[]): [string, string][] =>
    members.map((member, index) => [`n${member}`, `n${members[(index + 1) % members.length] ?? 0}`]);
  const one = new Map(ring(0, 1, 2, 3, 4, 5));
  const two = new Map([...ring(0, 1, 2), ...ring(3, 4, 5)]);
  assert.equal(orbits([one, two], [set]), 2);
  const mixed = new Map([["n0", "n3"], ["n3", "n1"], ["n1", "n5"], ["n5", "n2"], ["n2", "n4"], ["n4", "n0"]]);
  assert.equal(orbits([one, mixed], [set]), 1);
});

test("every permutation of a structure has its fingerprint", () => {
  const set = names("n", 5);
  const structure = {
    owner: "n2", queue: ["n1", "n3", "n1"], phase: { n0: "idle", n1: "busy", n2: "busy", n3: "idle", n4: "idle" },
    pairs: new Set([["n0", "n4"], ["n4", "n0"]]), knows: new Map<string, unknown>([["n3", new Set(["n0", "n4"])], ["n1", null]]),
    plain: [1, "x", 10n, new Date(5), Uint8Array.of(1, 2)],
  };
  const all = permutations(set).map((others) => renamed(structure, new Map(set.map((name, index) => [name, others[index] ?? ""]))));
  assert.equal(orbits(all, [set]), 1);
  assert.equal(orbits([...all, { ...structure, owner: "n3" }], [set]), 2);
});

test("a bigint that is written like an interchangeable string is none", () => {
  assert.equal(orbits([{ a: 10n, b: "a" }, { a: 11n, b: "b" }], [["a", "b"]]), 2);
});
