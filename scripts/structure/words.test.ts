// Plants words that may not stand in the tree. They are written in halves, so that this file stays clean itself.
import assert from "node:assert/strict";
import test from "node:test";
import { treeOf } from "./source-tree.ts";
import { words } from "./words.ts";

const planted = [
  "TO" + "DO", "FIX" + "ME", "X" + "XX", "/wo" + "rk/a", "/t" + "mp/x", "/ro" + "ot/.npmrc",
  "sub" + "agent", "iss" + "ue 2", "storage" + ".md",
];

for (const word of planted) {
  test(`"${word.slice(0, 2)}…${word.slice(2)}" is found with its line`, () => {
    const found = words(treeOf({ "a.ts": `// fine\n// see ${word} for more` }));
    assert.deepEqual(found.map((one) => one.line), [2]);
  });
}

test("a page of the repository may be named, and template names are no notes", () => {
  const name = "storage" + ".md";
  const readme = `See docs/${name}; mkdtemp takes a-XXXXXX; packages/t/work/x.`;
  assert.deepEqual(words(treeOf({ [`docs/${name}`]: "", "README.md": readme })), []);
});
