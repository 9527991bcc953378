// Plants differences between the error table and its documentation.
import assert from "node:assert/strict";
import test from "node:test";
import { errorDocs } from "./error-docs.ts";
import { treeOf } from "./source-tree.ts";

const table = "export const ERRORS = {\n  KEY_PARKED: {},\n  LEASE_LOST: {},\n} as const satisfies object;";

function messages(docs: string, source = table): string[] {
  const found = errorDocs(treeOf({ "packages/core/src/errors.ts": source, "docs/reference/errors.md": docs }));
  return found.map((one) => `${one.file}:${one.line} ${one.message}`);
}

test("the same codes on both sides are accepted", () => assert.deepEqual(messages("### `KEY_PARKED`\n### `LEASE_LOST`"), []));

test("a code without a heading is found, and a heading without a code", () => {
  assert.deepEqual(messages("### `KEY_PARKED`\n\n### `GONE`"), [
    "packages/core/src/errors.ts:3 LEASE_LOST is missing in docs/reference/errors.md.",
    "docs/reference/errors.md:3 GONE is missing in packages/core/src/errors.ts.",
  ]);
});

test("a code described twice is found", () => {
  assert.match(messages("### `KEY_PARKED`\n### `LEASE_LOST`\n### `LEASE_LOST`").join(), /:3 LEASE_LOST is described twice/);
});

test("an absent file or an empty table is a finding, not a pass", () => {
  assert.equal(errorDocs(treeOf({})).length, 2);
  assert.equal(messages("", "export const OTHER = {};").length, 1);
});
