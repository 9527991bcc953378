// Plants each breach of the package table.
import assert from "node:assert/strict";
import test from "node:test";
import { boundaries } from "./boundaries.ts";
import { treeOf } from "./source-tree.ts";

const table = [
  "<!-- boundaries -->",
  "| folder | npm name | does | may import |",
  "| --- | --- | --- | --- |",
  "| `core` | `@x/core` | decides | nothing |",
  "| `shop` | `@x/shop` | sells | core |",
  "<!-- /boundaries -->",
].join("\n");

const sound = {
  "ARCHITECTURE.md": table,
  "packages/core/package.json": '{ "name": "@x/core" }',
  "packages/core/src/index.ts": "export const a = 1;",
  "packages/shop/package.json": '{ "name": "@x/shop" }',
  "packages/shop/src/index.ts": 'import { a } from "@x/core";',
};

function messages(change: Readonly<Record<string, string>>): string[] {
  return boundaries(treeOf({ ...sound, ...change })).map((one) => `${one.file}:${one.line} ${one.message}`);
}

test("a tree that follows the table has no findings", () => assert.deepEqual(messages({}), []));

test("an import the table does not allow is found, as a type too", () => {
  const found = messages({ "packages/core/src/index.ts": '\nimport type { b } from "@x/shop";' });
  assert.deepEqual(found, ["packages/core/src/index.ts:2 @x/core may not import @x/shop (table in ARCHITECTURE.md)."]);
});

test("an allowance that nothing uses is found", () => {
  assert.match(messages({ "packages/shop/src/index.ts": "" }).join(), /ARCHITECTURE\.md:5 @x\/shop may import core, and never does/);
});

test("a package without a row and a row without a package are found", () => {
  assert.match(messages({ "packages/new/package.json": '{ "name": "@x/new" }' }).join(), /@x\/new has no row/);
  const { "packages/shop/package.json": _gone, ...rest } = sound;
  assert.match(boundaries(treeOf(rest)).map((one) => one.message).join(), /a row for packages\/shop, which does not exist/);
});

test("a relative path into another package is found", () => {
  assert.match(messages({ "packages/shop/src/b.ts": 'import "../../core/src/index.ts";' }).join(), /leaves packages\/shop/);
});

test("a page without the table is found", () => {
  assert.match(messages({ "ARCHITECTURE.md": "# Tour" }).join(), /There is no table/);
});
