// The order in which packages are built.
import assert from "node:assert/strict";
import test from "node:test";
import { inOrder } from "./publishable.ts";

function workspace(name: string, ...dependencies: string[]) {
  const none = { exports: {}, devDependencies: {}, optionalDependencies: {}, peerDependencies: {}, scripts: {} };
  const listed = Object.fromEntries(dependencies.map((one) => [one, "1"]));
  return { name, folder: name, manifest: `${name}/package.json`, private: false, dependencies: listed, ...none };
}

test("a package comes after what it depends on, and packages from elsewhere do not matter", () => {
  const order = inOrder([workspace("door", "store", "core"), workspace("store", "core", "pg"), workspace("core")]);
  assert.deepEqual(order.map((one) => one.name), ["core", "store", "door"]);
});

test("a ring is refused by name", () => {
  assert.throws(() => inOrder([workspace("a", "b"), workspace("b", "a")]), /ring: a, b/);
});
