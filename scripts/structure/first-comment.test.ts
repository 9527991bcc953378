// Plants files that do not say what they are for.
import assert from "node:assert/strict";
import test from "node:test";
import { firstComment } from "./first-comment.ts";
import { treeOf } from "./source-tree.ts";

function isFound(text: string): boolean {
  return firstComment(treeOf({ "a.ts": text })).length > 0;
}

test("a file that opens with code, a directive or a bare word is found", () => {
  assert.ok(isFound("export const a = 1;\n// what it is for"));
  assert.ok(isFound("// eslint-disable-next-line no-var\nvar a;"));
  assert.ok(isFound("// Parking\n"));
});

test("a comment of either form is accepted, after a shebang too", () => {
  assert.ok(!isFound("// Parks a key and its followers.\n"));
  assert.ok(!isFound("#!/usr/bin/env node\n/** Parks a key and its followers. */\n"));
});
