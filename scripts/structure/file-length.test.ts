// Plants a file that is too long, and an exception that is no longer needed.
import assert from "node:assert/strict";
import test from "node:test";
import { checkLengths, fileLength } from "./file-length.ts";
import { treeOf } from "./source-tree.ts";

const long = "//\n".repeat(401);

test("401 lines are found, 400 are not", () => {
  assert.equal(fileLength(treeOf({ "a.ts": long })).filter((one) => one.file === "a.ts").length, 1);
  assert.equal(fileLength(treeOf({ "a.ts": "//\n".repeat(400) })).filter((one) => one.file === "a.ts").length, 0);
});

test("an exception with a reason is accepted until it is no longer needed", () => {
  const exceptions = { "a.ts": "one table" };
  assert.deepEqual(checkLengths(new Map([["a.ts", long]]), exceptions), []);
  assert.match(checkLengths(new Map([["a.ts", "//\n"]]), exceptions)[0]?.message ?? "", /take it off the list/);
});
