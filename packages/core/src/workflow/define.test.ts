// What a definition of a workflow is held to where nobody checks types: the names of its options.
import assert from "node:assert/strict";
import { test } from "node:test";
import { workflow } from "./define.ts";
import { OrderData } from "./testing/shop.ts";

test("An option that a workflow does not know is refused by its name, so that none is left out without a word", () => {
  const misspelled: Readonly<Record<string, object>> = { maxAttempt: { maxAttempts: 3, maxAttempt: 3 }, announce: { announce: true }, waitFor: { waitFor: [] } };
  for (const [option, options] of Object.entries(misspelled)) {
    assert.throws(
      () => workflow("checkout", { input: OrderData, ...options }, () => Promise.resolve(0)),
      { code: "CONFIG_INVALID", details: { option }, message: new RegExp(`^Workflow 'checkout' has ${option}, and there is no such option: known ones are input, ports, `) },
    );
  }
});

test("Options that are none are refused", () => {
  for (const options of [undefined, null, "input", [OrderData]]) {
    assert.throws(() => workflow("checkout", options as never, () => Promise.resolve(0)), { code: "CONFIG_INVALID", message: /^Workflow 'checkout' was given no options/ });
  }
});
