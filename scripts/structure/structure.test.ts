// The checks as a whole: the command fails on a repository with breaches, names every one, and reads only what git would keep.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { everyCheck } from "./every-check.ts";

const script = fileURLToPath(new URL("../structure.ts", import.meta.url));

test("every check finds something in a repository that breaks every rule", () => {
  const root = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    for (const [path, text] of Object.entries(brokenRepository)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    execFileSync("git", ["init", "--quiet"], { cwd: root });
    const options = ["--import", import.meta.resolve("tsx"), script, `--root=${root}`];
    const run = spawnSync(process.execPath, options, { encoding: "utf8" });
    for (const name of Object.keys(everyCheck)) assert.match(run.stdout, new RegExp(`\\(${name}\\)$`, "m"), run.stderr);
    assert.doesNotMatch(run.stdout, /^ignored/m);
    assert.equal(run.stdout.trimEnd().split("\n").at(-1), `0 passed, ${Object.keys(everyCheck).length} failed, 0 skipped`);
    assert.equal(run.status, 1);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

const brokenRepository = {
  ".gitignore": "ignored/",
  "ignored/a.ts": "export const unused = 1;",
  "package.json": '{ "name": "r", "devDependencies": { "left-pad": "1" }, "scripts": { "go": "node gone.mjs" } }',
  "README.md": "[nowhere](gone.md) " + "TO" + "DO",
  "packages/core/package.json": '{ "name": "@x/core" }',
  "packages/core/src/message/a.ts": 'import { b } from "../decide/b.ts";\nexport const a = b;',
  "packages/core/src/decide/b.ts": 'import { a } from "../message/a.ts";\nexport const b = a;',
  "packages/core/src/decide/index.ts": `export const unused = 1;\n${"\n".repeat(400)}`,
};
