// What is read of a journal is read once: it follows a journal that grows, and one that was cut is another one.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "./journal.ts";
import { isSettled, openPlaces, wasCancelled } from "./standing.ts";

const step = (name: string): Entry => ({ kind: "requested", what: "step", type: "readonly", name, operation: "shop.look", key: name });
const settled = (of: number): Entry => ({ kind: "settled", of, at: 1, end: { kind: "ok" } });

test("What stands in a journal is known as it grows, and of a part of it for itself", () => {
  const journal: Entry[] = [step("a"), step("b")];
  assert.deepEqual(openPlaces(journal), [0, 1]);
  journal.push(settled(0));
  assert.deepEqual([openPlaces(journal), isSettled(journal, 0), wasCancelled(journal)], [[1], true, false]);
  const cut = journal.slice(0, 2);
  assert.deepEqual([openPlaces(cut), isSettled(cut, 0)], [[0, 1], false]);
  journal.push({ kind: "cancelled", at: 2, reason: "no" }, settled(1));
  assert.deepEqual([openPlaces(journal), wasCancelled(journal), wasCancelled(cut)], [[], true, false]);
  cut.push(settled(1));
  assert.deepEqual([openPlaces(cut), openPlaces(journal)], [[0], []]);
});
