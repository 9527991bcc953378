// The log is cut when it grows too large, and only new lines are quoted.
import assert from "node:assert/strict";
import { closeSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { frontOf, homeOf } from "./home.ts";
import type { Home } from "./home.ts";
import { lastWords, logSize, openLog, rotateLog } from "./server-log.ts";

function homeWithLog(t: TestContext): Home {
  const folder = mkdtempSync(join(tmpdir(), "ekemb-log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const home = homeOf(frontOf(folder), folder);
  mkdirSync(home.postgres);
  return home;
}

test("a log that grew too large becomes the old one, while the server goes on writing", (t) => {
  const home = homeWithLog(t);
  const handle = openLog(home);
  writeSync(handle, "first\n");
  truncateSync(home.log, 11 * 1024 * 1024);
  rotateLog(home);
  writeSync(handle, "second\n");
  closeSync(handle);
  assert.equal(logSize(home), "second\n".length);
  assert.equal(statSync(`${home.log}.old`).size, 11 * 1024 * 1024);
});

test("only the last lines of this start are quoted", (t) => {
  const home = homeWithLog(t);
  assert.deepEqual(lastWords(home, 0), []);
  writeFileSync(home.log, "old\n");
  const before = logSize(home);
  writeFileSync(home.log, Array.from({ length: 12 }, (_, index) => `line ${index}\n`).join(""), { flag: "a" });
  assert.deepEqual(lastWords(home, before), [4, 5, 6, 7, 8, 9, 10, 11].map((index) => `line ${index}`));
});
