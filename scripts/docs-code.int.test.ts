// Executes the documentation: every ```ts block of README.md and docs/ compiles, and every block marked `<!-- run -->`
// runs and prints what the page says. How blocks are marked stands in scripts/docs/code-blocks.ts.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { codeBlocksOf } from "./docs/code-blocks.ts";
import { compileBlocks } from "./docs/compile-blocks.ts";
import { withFreshDatabase } from "./docs/fresh-database.ts";
import { runBlock } from "./docs/run-block.ts";
import { differenceOf } from "./docs/same-output.ts";
import { databaseVariable } from "./test/database.ts";
import { repositoryRoot } from "./test/run-file.ts";

const pages = ["README.md", ...pagesBelow("docs")].filter((page) => existsSync(join(repositoryRoot, page)));
const blocks = pages.flatMap((page) => codeBlocksOf(page, readFileSync(join(repositoryRoot, page), "utf8")));
// Inside the repository, where the packages' names resolve; a folder per process, for runs at the same time.
const folder = join(repositoryRoot, ".evenkeel", "docs", String(process.pid));
mkdirSync(folder, { recursive: true });
after(() => rmSync(folder, { recursive: true, force: true }));

const compiled = compileBlocks(repositoryRoot, folder, blocks.filter((one) => one.language === "ts" && one.treatment !== "show"));
const runnable = blocks.filter((one) => one.treatment === "run");
for (const { page, line, treatment, reason } of blocks) {
  if (treatment === "show") console.log(`illustrative ${page}:${line}: ${reason}`);
}

test("README.md has a program that is run and whose output is compared", () => {
  const compared = runnable.some((one) => one.page === "README.md" && one.expected !== undefined);
  assert.ok(compared, "README.md has no block marked <!-- run --> with a text block right after it.");
});

for (const { block, mistakes } of compiled) {
  test(`${block.page}:${block.line} compiles`, () => assert.deepEqual(mistakes, []));
}

describe("runs", { concurrency: 2 }, () => {
  for (const block of runnable) {
    const file = compiled.find((one) => one.block === block)?.file ?? "";
    test(`${block.page}:${block.line} ${block.expected === undefined ? "succeeds" : "prints what the page says"}`, async () => {
      const ended = await withFreshDatabase(serverUrl(), async (databaseUrl) => {
        return await runBlock(block, { root: repositoryRoot, file, databaseUrl });
      });
      assert.equal(ended.code, 0, `${ended.stdout}\n${ended.stderr}`);
      if (block.expected !== undefined) assert.equal(differenceOf(ended.stdout, block.expected), undefined, ended.stderr);
    });
  }
});

function serverUrl(): string {
  const url = process.env[databaseVariable];
  assert.ok(url, `Set ${databaseVariable}, or run this through npm test, which does.`);
  return url;
}

function pagesBelow(directory: string): string[] {
  const path = join(repositoryRoot, directory);
  if (!existsSync(path)) return [];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".md")).map((name) => `${directory}/${name}`);
}
