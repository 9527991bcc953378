// Plants a script that starts nothing.
import assert from "node:assert/strict";
import test from "node:test";
import { npmScripts } from "./npm-scripts.ts";
import { treeOf } from "./source-tree.ts";

test("a script that starts a file which is not there is found with its line, others are not", () => {
  const scripts = { lint: "eslint .", good: "node --import tsx scripts/good.ts", bad: "node scripts/bad.ts --flag" };
  const tree = treeOf({ "package.json": JSON.stringify({ name: "r", scripts }, undefined, 2), "scripts/good.ts": "" });
  assert.deepEqual(npmScripts(tree), [
    { file: "package.json", line: 6, message: 'The script "bad" starts scripts/bad.ts, which does not exist.' },
  ]);
});
