// Which refusals of the server say nothing of what was to be written, so that it is tried again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isTransient } from "./connection.ts";

test("a function of ours that is missing is trouble of the store, whatever the server's language", () => {
  for (const message of [
    "function evenkeel.commit_4(smallint, text) does not exist", "Funktion evenkeel.write_bill(boolean) existiert nicht", "function my-schema.load_a(text[]) does not exist",
  ]) assert.equal(isTransient({ state: "42883", message }), true, message);
});

test("an operator that is missing, or a function that is called by its plain name, is the fault of what was to be written", () => {
  for (const message of ["operator does not exist: integer + text", "function tell_the_others(integer) does not exist", "operator does not exist: a.b = integer"])
    assert.equal(isTransient({ state: "42883", message }), false, message);
});
