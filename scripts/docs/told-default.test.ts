// What a table or a comment says of a default is read as what it means, and what cannot be read is not guessed.
import assert from "node:assert/strict";
import test from "node:test";
import { bracesIn } from "./braces.ts";
import { commentDefault, toldDefault } from "./told-default.ts";

for (const [said, json] of [
  ["604800000 (7 days)", "604800000"], ["7 days", "604800000"], ["a day", "86400000"], ["86400000 (24 h)", "86400000"], ["0.5", "0.5"], ["2026-01-01", "1767225600000"],
  ["`\"last\"`", "\"last\""], ["`ask`", "\"ask\""], ["`[]`", "[]"], ["`false`", "false"], ["none", "null"], ["off", "false"], ["30000, at least twice", "30000"],
  ["see retention", null], ["the services' names", null],
] as const) {
  test(`"${said}" says ${json ?? "nothing that can be compared"}`, () => assert.equal(toldDefault(said), json));
}

test("a comment says a default behind the word, also in the middle of a sentence", () => {
  assert.equal(commentDefault("Time for a connection. Default 5,000 ms."), "5000");
  assert.equal(commentDefault("Defaults as elsewhere; how long: default 7 days."), "604800000");
  assert.equal(commentDefault("Nothing is said here."), null);
});

test("braces are read with what is said of each name, and what stands within", () => {
  const [retry, also] = bracesIn(["{ attempts: 3, budget: { ratio, burst: 10 } }", "{ log? }", "{}", "next(afterMs)"]) ?? [];
  assert.deepEqual(retry, { name: "attempts", value: "3", inner: null });
  assert.deepEqual(also, { name: "budget", value: "", inner: [{ name: "ratio", value: "", inner: null }, { name: "burst", value: "10", inner: null }] });
  assert.equal(bracesIn(["`{}`", "word"]), null);
});
