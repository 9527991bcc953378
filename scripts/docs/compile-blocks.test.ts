// The documentation's compiler finds mistakes and reports them where a writer can mend them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../test/run-file.ts";
import { codeBlocksOf } from "./code-blocks.ts";
import { compileBlocks } from "./compile-blocks.ts";

test("a mistake is reported at its line of the page, and blocks do not see each other's names", () => {
  const folder = mkdtempSync(join(tmpdir(), "blocks-"));
  try {
    const text = "# Page\n```ts\nconst a = 1;\n```\n\n```ts\nconst b = 2;\nconst c: string = b;\n```\n\n```ts\na;\n```\n";
    const [good, wrong, alone] = compileBlocks(repositoryRoot, folder, codeBlocksOf("docs/p.md", text));
    assert.deepEqual(good?.mistakes, []);
    assert.deepEqual(wrong?.mistakes, ["docs/p.md:8: Type 'number' is not assignable to type 'string'."]);
    assert.deepEqual(alone?.mistakes, ["docs/p.md:12: Cannot find name 'a'."]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
