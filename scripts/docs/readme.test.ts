// The first screen of the README is the program that `npm run hello` runs, and the command it gives for the tests is what CI calls.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../test/run-file.ts";
import { codeBlocksOf } from "./code-blocks.ts";

const text = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const readme = text("README.md");

test("the README's program is the hello example, line by line", () => {
  const [block] = codeBlocksOf("README.md", readme);
  const [comment = "", ...program] = text("examples/hello/src/main.ts").trimEnd().split("\n");
  assert.match(comment, /^\/\/ /);
  assert.deepEqual(block?.code.map((line) => line.text), program);
});

test("the README's command for the tests is the one that CI calls", () => {
  const command = "npm install && npm test";
  assert.match(readme, new RegExp(`^${command}( |$)`, "m"));
  assert.ok(text(".ci/run").includes(`test_command="${command}"`));
});

test("the two commands of the README are scripts of the repository", () => {
  const scripts: unknown = JSON.parse(text("package.json"));
  for (const [, name = ""] of readme.matchAll(/npm (?:run )?(start|test|hello)\b/g)) {
    assert.ok(JSON.stringify(scripts).includes(`"${name}":`), name);
  }
});
