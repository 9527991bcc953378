// Plants imports against the direction of core's stages.
import assert from "node:assert/strict";
import test from "node:test";
import { coreOrder } from "./core-order.ts";
import { treeOf } from "./source-tree.ts";

test("an import of a later stage is found, of an earlier one is not", () => {
  const tree = treeOf({
    "packages/core/src/message/a.ts": 'import type { B } from "../decide/b.ts";',
    "packages/core/src/decide/b.ts": 'import type { A } from "../message/a.ts";\nimport { e } from "../errors.ts";',
  });
  assert.deepEqual(coreOrder(tree).map((one) => `${one.file}:${one.line}`), ["packages/core/src/message/a.ts:1"]);
});

test("a folder that is not a stage is found", () => {
  assert.match(coreOrder(treeOf({ "packages/core/src/stuff/a.ts": "" }))[0]?.message ?? "", /"stuff" is not a stage of core/);
});

test("tests may look at later stages", () => {
  assert.deepEqual(coreOrder(treeOf({ "packages/core/src/message/a.test.ts": 'import "../memory/m.ts";' })), []);
});
