// What a definition of a service is held to where nobody checks types: the names of its options.
import assert from "node:assert/strict";
import { test } from "node:test";
import { service } from "./service.ts";

test("An option that a service does not know is refused by its name, so that none is left out without a word", () => {
  const misspelled: object = { entity: {} };
  assert.throws(() => service("payments", misspelled), {
    code: "CONFIG_INVALID", details: { option: "entity" },
    message: "Service 'payments' has entity, and there is no such option: known ones are entities, ports, emits, statements.",
  });
});
