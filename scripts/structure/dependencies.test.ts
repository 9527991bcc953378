// Plants missing and unused entries of package.json.
import assert from "node:assert/strict";
import test from "node:test";
import { dependencies } from "./dependencies.ts";
import { treeOf } from "./source-tree.ts";

const root = '{ "name": "r", "devDependencies": { "tool": "1", "@types/node": "1" }, "scripts": { "x": "tool ." } }';

function messages(manifest: object, files: Readonly<Record<string, string>>, rootManifest = root): string[] {
  const tree = treeOf({ "package.json": rootManifest, "packages/p/package.json": JSON.stringify({ name: "@x/p", ...manifest }), ...files });
  return dependencies(tree).map((one) => `${one.file}:${one.line} ${one.message}`);
}

test("a package that lists what it imports has no findings", () => {
  const files = { "packages/p/src/a.ts": 'import pg from "pg";\nimport "node:fs";', "packages/p/src/a.test.ts": 'import "tool";' };
  assert.deepEqual(messages({ dependencies: { pg: "1" } }, files), []);
});

test("an import that is not listed is found, and a devDependency does not serve product code", () => {
  const files = { "packages/p/src/a.ts": '\nimport pg from "pg/lib";' };
  assert.deepEqual(messages({ devDependencies: { pg: "1" } }, files), [
    'packages/p/src/a.ts:2 packages/p/package.json does not list "pg" for product code.',
  ]);
});

test("a devDependency serves what lies in a folder for tests only, and is used by it", () => {
  const files = { "packages/p/src/cases/tests-only.md": "Only tests are here.", "packages/p/src/cases/a.ts": 'import "pg";' };
  assert.deepEqual(messages({ devDependencies: { pg: "1" } }, files), []);
  assert.deepEqual(messages({ dependencies: { pg: "1" } }, files), ['packages/p/package.json:1 "pg" is listed and never imported.']);
});

test("a listed package that only tests import is found as unused", () => {
  const found = messages({ dependencies: { pg: "1" } }, { "packages/p/src/a.test.ts": 'import "pg";' });
  assert.deepEqual(found, ['packages/p/package.json:1 "pg" is listed and never imported.']);
});

test("an optional package loaded by a built name counts as used, one never mentioned does not", () => {
  const optional = { optionalDependencies: { "@bin/linux": "1", "@other/linux": "1" } };
  const found = messages(optional, { "packages/p/src/a.ts": "await import(`@bin/${process.platform}`);" });
  assert.deepEqual(found, ['packages/p/package.json:1 "@other/linux" is listed and never imported.']);
});

test("a root tool that nothing calls is found", () => {
  const found = messages({}, {}, root.replace("tool .", "other ."));
  assert.deepEqual(found, ['package.json:1 "tool" is listed and never imported.']);
});

test("a script's import that the root does not list is found", () => {
  const found = messages({}, { "scripts/a.ts": 'import "left-pad";' });
  assert.deepEqual(found, ['scripts/a.ts:1 The root package.json does not list "left-pad".']);
});
