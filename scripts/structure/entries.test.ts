// Plants a second index.ts, a star export and a name that says nothing.
import assert from "node:assert/strict";
import test from "node:test";
import { entries } from "./entries.ts";
import { treeOf } from "./source-tree.ts";

function places(files: Readonly<Record<string, string>>): string[] {
  return entries(treeOf(files)).map((one) => `${one.file}:${one.line}`);
}

const manifest = '{ "name": "@x/a", "exports": { "./spi": { "evenkeel-source": "./src/spi/index.ts" } } }';

test("only a package's entry may be called index.ts, and an entry must exist", () => {
  const files = { "packages/a/package.json": manifest, "packages/a/src/b/index.ts": "" };
  assert.deepEqual(places({ ...files, "packages/a/src/spi/index.ts": "" }), ["packages/a/src/b/index.ts:1"]);
  assert.deepEqual(places(files), ["packages/a/src/b/index.ts:1", "packages/a/package.json:1"]);
});

test("a star export is found with its line, for types too", () => {
  assert.deepEqual(places({ "a.ts": '\nexport * from "./b.ts";\nexport type * from "./c.ts";' }), ["a.ts:2", "a.ts:3"]);
});

test("a file or folder that says only that its contents had no better place is found", () => {
  assert.equal(places({ "packages/a/src/utils/b.ts": "", "packages/a/src/helpers.ts": "", "packages/a/src/park.ts": "" }).length, 2);
});
