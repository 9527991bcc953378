// A block of documentation really runs, against a database of its own that is gone afterwards, and its failure shows.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { databaseVariable } from "../test/database.ts";
import { repositoryRoot } from "../test/run-file.ts";
import { codeBlocksOf } from "./code-blocks.ts";
import { withFreshDatabase } from "./fresh-database.ts";
import { runBlock } from "./run-block.ts";

const serverUrl = process.env[databaseVariable] ?? "";

async function run(language: string, code: string) {
  const [block] = codeBlocksOf("p.md", `<!-- run -->\n\`\`\`${language}\n${code}\n\`\`\`\n`);
  assert.ok(block);
  const folder = mkdtempSync(join(tmpdir(), "block-"));
  try {
    const file = join(folder, "block.mts");
    writeFileSync(file, code);
    return await withFreshDatabase(serverUrl, async (databaseUrl) => {
      return { databaseUrl, ...(await runBlock(block, { root: repositoryRoot, file, databaseUrl })) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a program sees the address of a new database, which is gone afterwards", async () => {
  const ended = await run("ts", "const url: string = process.env.EVENKEEL_DATABASE_URL ?? 'none'; console.log(url);");
  assert.equal(ended.stdout, `${ended.databaseUrl}\n`);
  assert.match(ended.databaseUrl, /docs_[0-9a-f]{12}/);
  await assert.rejects(new pg.Client(ended.databaseUrl).connect(), { code: "3D000" });
});

test("a program that throws ends with a code and its message", async () => {
  const ended = await run("ts", 'throw new Error("no such order");');
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /no such order/);
});

test("a shell block runs in the repository and stops at its first failure", async () => {
  const ended = await run("sh", "test -f tsconfig.json && echo here\nfalse\necho never");
  assert.deepEqual([ended.stdout, ended.code], ["here\n", 1]);
});
