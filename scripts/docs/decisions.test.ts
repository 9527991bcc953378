// The index of decisions lists each page, in order, under the title that the page has.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../test/run-file.ts";

const folder = join(repositoryRoot, "docs/decisions");

test("the index of decisions has every page with its title, in order", () => {
  const pages = readdirSync(folder).filter((name) => name !== "README.md").sort();
  const lines = pages.map((name) => `- [${/^# (.*)$/m.exec(readFileSync(join(folder, name), "utf8"))?.[1] ?? ""}](${name})`);
  const listed = readFileSync(join(folder, "README.md"), "utf8").split("\n").filter((line) => line.startsWith("- "));
  assert.deepEqual(listed, lines);
});

test("no two decisions have one number", () => {
  const numbers = readdirSync(folder).flatMap((name) => /^\d{4}/.exec(name)?.[0] ?? []);
  assert.deepEqual(numbers.filter((one, at) => numbers.indexOf(one) !== at), []);
});
