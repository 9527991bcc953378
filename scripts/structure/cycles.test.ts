// Plants rings of imports.
import assert from "node:assert/strict";
import test from "node:test";
import { cycles } from "./cycles.ts";
import { treeOf } from "./source-tree.ts";

test("a ring of three is found once, type imports counted", () => {
  const tree = treeOf({
    "a/a.ts": 'import { b } from "./b.ts";',
    "a/b.ts": 'import type { c } from "./c.ts";',
    "a/c.ts": 'export { a } from "./a.ts";',
    "a/d.ts": 'import "./a.ts";',
  });
  assert.deepEqual(cycles(tree).map((one) => one.message), ["Import cycle of 3: a/a.ts, a/b.ts, a/c.ts."]);
});

test("a ring through a package's name is found", () => {
  const tree = treeOf({
    "packages/p/package.json": '{ "name": "@x/p", "exports": { ".": { "evenkeel-source": "./src/index.ts" } } }',
    "packages/p/src/index.ts": 'import "./a.ts";',
    "packages/p/src/a.ts": 'import "@x/p";',
  });
  assert.equal(cycles(tree).length, 1);
});

test("a diamond is not a ring", () => {
  const tree = treeOf({ "a.ts": 'import "./b.ts"; import "./c.ts";', "b.ts": 'import "./d.ts";', "c.ts": 'import "./d.ts";', "d.ts": "" });
  assert.deepEqual(cycles(tree), []);
});
