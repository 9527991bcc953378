// Canonical labelling: of all ways to tell interchangeable things apart by numbers, finds the one under which a structure has the least
// fingerprint. Two structures that differ only in which is which get the same one, and only they do. By refinement and individualisation
// (McKay, "Practical graph isomorphism", 1981); it sees the structure only through hashes of it.
import type { Words } from "../space.ts";

/** A label no thing has: the one whose occurrences are being looked at. */
const SELF = -1;

interface Labelled {
  /** Hashes the structure with `labels[i]` in place of thing i. Things with the same label are not told apart. */
  hash(labels: Int32Array, into: Words): void;
}

/**
 * @param groups per thing: the group it is of, from 0 upwards; only things of one group are interchangeable, and those of a group stand
 *   together.
 */
export function canonicalFingerprint(groups: readonly number[]): (structure: Labelled, into: Words) => void {
  const count = groups.length;
  const start = Int32Array.from(groups, (group) => groups.indexOf(group));
  const labels = new Int32Array(count);
  const signature = new Uint32Array(2);
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);

  let structure: Labelled = { hash: () => undefined };
  let best: Words = new Uint32Array(2);
  let leaf: Words = new Uint32Array(2);
  let found = false;
  // Whether two things can be swapped without changing the structure: one row per thing, made when first asked for.
  let plain: Words = new Uint32Array(2);
  let plainKnown = false;

  const alone = (colours: Int32Array, thing: number): boolean => {
    for (let other = 0; other < count; other += 1) if (other !== thing && colours[other] === colours[thing]) return false;
    return true;
  };

  /** Splits things of one colour by where they occur among the others, until nothing new is learnt. A colour is the first place of its cell. */
  function refine(colours: Int32Array): void {
    for (let split = true; split; ) {
      split = false;
      labels.set(colours);
      for (let thing = 0; thing < count; thing += 1) {
        if (alone(colours, thing)) continue;
        labels[thing] = SELF;
        structure.hash(labels, signature);
        labels[thing] = colours[thing] ?? 0;
        low[thing] = signature[0] ?? 0;
        high[thing] = signature[1] ?? 0;
      }
      for (let thing = 0; thing < count; thing += 1) {
        // The number of things of the same colour that come before it: the same for equal signatures. Labels still hold the old colours.
        let before = 0;
        for (let other = 0; other < count; other += 1) {
          if (other === thing || labels[other] !== labels[thing]) continue;
          if (less(low[other], high[other], low[thing], high[thing])) before += 1;
        }
        if (before === 0) continue;
        colours[thing] = (labels[thing] ?? 0) + before;
        split = true;
      }
    }
  }

  function interchangeable(one: number, other: number): boolean {
    for (let thing = 0; thing < count; thing += 1) labels[thing] = thing;
    if (!plainKnown) structure.hash(labels, plain);
    plainKnown = true;
    labels[one] = other;
    labels[other] = one;
    structure.hash(labels, leaf);
    return leaf.every((word, index) => word === plain[index]);
  }

  function explore(colours: Int32Array): void {
    refine(colours);
    const cell = firstCell(colours);
    if (cell.length === 0) {
      structure.hash(colours, leaf);
      if (!found || lessWords(leaf, best)) best.set(leaf);
      found = true;
      return;
    }
    const colour = colours[cell[0] ?? 0] ?? 0;
    // Things that can be swapped give the same fingerprints: one of them stands for all.
    const chosen: number[] = [];
    for (const thing of cell) if (!chosen.some((other) => interchangeable(other, thing))) chosen.push(thing);
    const next = new Int32Array(count);
    for (const first of chosen) {
      next.set(colours);
      if (chosen.length === 1) cell.forEach((thing, index) => (next[thing] = colour + index));
      else for (const thing of cell) if (thing !== first) next[thing] = colour + 1;
      explore(next.slice());
    }
  }

  /** The things of the least colour that more than one thing has. By colour: which thing is which must not matter. */
  function firstCell(colours: Int32Array): number[] {
    for (let colour = 0; colour < count; colour += 1) {
      const cell: number[] = [];
      for (let thing = 0; thing < count; thing += 1) if (colours[thing] === colour) cell.push(thing);
      if (cell.length > 1) return cell;
    }
    return [];
  }

  return (given, into) => {
    structure = given;
    if (leaf.length !== into.length) [leaf, plain] = [new Uint32Array(into.length), new Uint32Array(into.length)];
    best = into;
    found = false;
    plainKnown = false;
    explore(start.slice());
  };
}

function less(lowA = 0, highA = 0, lowB = 0, highB = 0): boolean {
  return highA === highB ? lowA < lowB : highA < highB;
}

function lessWords(one: Words, other: Words): boolean {
  for (let index = 0; index < one.length; index += 1) {
    const a = one[index] ?? 0;
    const b = other[index] ?? 0;
    if (a !== b) return a < b;
  }
  return false;
}
