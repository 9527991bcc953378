// Plants exports that nobody imports.
import assert from "node:assert/strict";
import test from "node:test";
import { deadExports } from "./dead-exports.ts";
import { treeOf } from "./source-tree.ts";

function dead(files: Readonly<Record<string, string>>): string[] {
  return deadExports(treeOf(files)).map((one) => `${one.file}:${one.line} ${one.message}`);
}

test("an export that is imported nowhere is found with its line, types and lists too", () => {
  const found = dead({ "a.ts": "const a = 1;\nexport type T = 1;\nexport { a };\nexport function f() {}" });
  assert.deepEqual(found.map((one) => one.split(" ")[0]), ["a.ts:2", "a.ts:3", "a.ts:4"]);
});

test("an import by a test, an entry, a dynamic import or a URL is a use", () => {
  const files = {
    "packages/p/package.json": '{ "name": "@x/p", "exports": { ".": { "evenkeel-source": "./src/index.ts" } } }',
    "packages/p/src/index.ts": 'export { a } from "./a.ts";',
    "packages/p/src/a.ts": "export const a = 1; export const b = 2;",
    "packages/p/src/a.test.ts": 'import { b as c } from "./a.ts";',
    "packages/p/src/child.ts": "export default 1;",
    "packages/p/src/late.ts": "export const late = 1;",
    "packages/p/src/main.ts": 'new URL("child.ts", import.meta.url); await import("./late.ts");',
  };
  assert.deepEqual(dead(files), []);
});
