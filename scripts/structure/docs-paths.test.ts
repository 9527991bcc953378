// Plants mentions and links that lead nowhere.
import assert from "node:assert/strict";
import test from "node:test";
import { docsPaths } from "./docs-paths.ts";
import { treeOf } from "./source-tree.ts";

function messages(page: string, file = "docs/page.md"): string[] {
  const files = { "packages/core/src/deliver/park.ts": "", "README.md": "# Start here\n## Run it", [file]: page };
  return docsPaths(treeOf(files)).map((one) => `${one.line} ${one.message}`);
}

test("what exists is accepted: files, folders, patterns, lines, links with headings", () => {
  const page = [
    "`packages/core/src/deliver/park.ts:12`, `packages/core/src/`, `packages/*/src`, `docs/decisions/NNNN-title.md`",
    "[start](../README.md#run-it) [here](#anchor) [out](https://example.org/x)",
    "# Anchor",
  ];
  assert.deepEqual(messages(page.join("\n")), []);
});

test("a mentioned path that does not exist is found", () => {
  assert.deepEqual(messages("a\n`packages/core/src/gone.ts`"), ["2 `packages/core/src/gone.ts` does not exist."]);
});

test("in a tour of the source a bare file name counts, elsewhere it may be the reader's", () => {
  assert.deepEqual(messages("`deliver/park.ts` and `deliver/gone.ts`", "ARCHITECTURE.md"), ["1 `deliver/gone.ts` does not exist."]);
  assert.deepEqual(messages("Save it as `first.ts`."), []);
});

test("a link to a file or a heading that is not there is found", () => {
  assert.match(messages("[x](../gone.md)").join(), /leads to gone\.md, which does not exist/);
  assert.match(messages("[x](../README.md#gone)").join(), /leads to a heading/);
});

test("fenced code is not judged", () => {
  assert.deepEqual(messages("```\n`docs/gone.md`\n```"), []);
});
