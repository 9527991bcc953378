// What somebody probably meant.
import assert from "node:assert/strict";
import test from "node:test";
import { nearest } from "./nearest.ts";

const known = ["worker", "migrate", "status", "doctor", "dead-letters"];

test("a slip of the finger finds the word", () => {
  const typed = ["wroker", "migrat", "statsu", "dcotor", "deadletters"];
  assert.deepEqual(typed.map((word) => nearest(word, known)), known);
});

test("another word finds nothing", () => {
  assert.deepEqual(["xylophone", "ls"].map((word) => nearest(word, known)), [null, null]);
});
