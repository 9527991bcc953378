// What definitions of messages and documents are held to where nobody checks types: their names, the names of their options, a key, a schema.
import assert from "node:assert/strict";
import { test } from "node:test";
import { entity } from "../decide/entity.ts";
import { command, event } from "./definition.ts";
import type { Schema } from "./schema.ts";

interface Order { readonly orderId: string }
const data: Schema<Order, Order> = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as Order }) } };
const key = (order: Order): string => order.orderId;
type Options = Parameters<typeof event<"order.placed", typeof data>>[1];

test("an option that a message does not know is refused by its name, so that no version is left out without a word", () => {
  const misspelled = { key, data, versions: 2 };
  assert.throws(() => event("order.placed", misspelled), {
    code: "CONFIG_INVALID", details: { option: "versions" },
    message: "The event 'order.placed' has versions, and there is no such option: known ones are key, data, version, upcasts.",
  });
  assert.throws(() => command("place-order", misspelled), { code: "CONFIG_INVALID", message: /^The command 'place-order' has versions, / });
});

test("a message without a key or a schema is refused where it is defined, not where it is first published", () => {
  const wrong: readonly (readonly [option: string, options: object])[] = [
    ["key", { data }], ["key", { key: "orderId", data }], ["data", { key }], ["data", { key, data: { orderId: "string" } }], ["data", { key, data: null }],
  ];
  for (const [option, options] of wrong) {
    const message = option === "key" ? /^The event 'order\.placed' has no function `key`: / : /^The event 'order\.placed' has no schema as its `data`: /;
    assert.throws(() => event("order.placed", options as Options), { code: "CONFIG_INVALID", details: { option }, message });
  }
});

test("a schema may be a function, as some libraries make them", () => {
  const callable = Object.assign(() => undefined, data);
  assert.equal(event("order.placed", { key, data: callable }).schema, callable);
  assert.equal(entity("order", { data: callable }).schema, callable);
});

test("an entity without a schema, or with an option that it does not know, is refused", () => {
  const [without, misspelled]: [object, object] = [{}, { data, key }];
  assert.throws(() => entity("order", without as { data: typeof data }), { code: "CONFIG_INVALID", message: /^The entity 'order' has no schema as its `data`: / });
  assert.throws(() => entity("order", misspelled as { data: typeof data }), {
    code: "CONFIG_INVALID", message: "The entity 'order' has key, and there is no such option: known ones are data.",
  });
});

test("a name that is refused is told with the article of its kind", () => {
  assert.throws(() => event("Order placed", { key, data }), { code: "NAME_INVALID", message: /^'Order placed' is not a valid name for an event: / });
  assert.throws(() => entity("Order", { data }), { code: "NAME_INVALID", message: /^'Order' is not a valid name for an entity: / });
  assert.throws(() => command("Place order", { key, data }), { code: "NAME_INVALID", message: /^'Place order' is not a valid name for a command: / });
});
