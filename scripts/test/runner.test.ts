// Holds the runner to its rules by planting one violation of each in a throw-away project.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { runPlanted, testSource } from "./planted.ts";

const passing = testSource('test("two and two is four", () => assert.equal(2 + 2, 4));');

async function runOne(body: string, words: readonly string[] = []) {
  return await runPlanted({ "packages/a/src/a.test.ts": testSource(body) }, words);
}

describe("the test runner", { concurrency: 2 }, () => {
  test("a run without problems ends with its totals and code 0, and prints its seed", async () => {
    const run = await runPlanted({ "packages/a/src/a.test.ts": passing, "examples/b/src/b.test.ts": passing });
    assert.equal(run.lastLine, "2 passed, 0 failed, 0 skipped");
    assert.equal(run.code, 0);
    assert.match(run.output, /^seed \d+/);
  });

  test("a failing test fails the run and is printed in full with its place", async () => {
    const run = await runOne('describe("sums", () => { test("two and two is five", () => assert.equal(2 + 2, 5)); });');
    assert.equal(run.lastLine, "0 passed, 1 failed, 0 skipped");
    assert.equal(run.code, 1);
    assert.match(run.output, /sums > two and two is five/);
    assert.match(run.output, /4 !== 5/);
    assert.match(run.output, /a\.test\.ts:3/);
  });

  test("a parent that fails only through its subtests is not counted a second time", async () => {
    const run = await runOne('test("parent", async (t) => { await t.test("child", () => assert.fail("no")); });');
    assert.equal(run.lastLine, "0 passed, 1 failed, 0 skipped");
  });

  test("a file without tests fails", async () => {
    const run = await runPlanted({ "packages/a/src/a.test.ts": "console.log('nothing here');" });
    assert.match(run.output, /No test ran in this file[^]*nothing here/);
    assert.equal(run.lastLine, "0 passed, 1 failed, 0 skipped");
  });

  test("a file that throws while it is loaded fails with what it printed", async () => {
    const run = await runOne('throw new Error("broken at the top");');
    assert.match(run.output, /broken at the top/);
    assert.equal(run.code, 1);
  });

  test("a process that ends badly after its tests passed fails", async () => {
    const run = await runOne('test("fine", () => {}); process.on("exit", () => { process.exitCode = 7; });');
    assert.match(run.output, /ended with code 7 although no test failed/);
    assert.equal(run.lastLine, "1 passed, 1 failed, 0 skipped");
  });

  test("two tests of the same name in one file fail, the same name in two suites does not", async () => {
    const twice = await runOne('test("same", () => {}); test("same", () => {});');
    assert.match(twice.output, /Two tests of this file have this name/);
    assert.equal(twice.code, 1);
    const apart = await runOne('describe("x", () => { test("same", () => {}); }); describe("y", () => { test("same", () => {}); });');
    assert.equal(apart.lastLine, "2 passed, 0 failed, 0 skipped");
  });

  test("a todo counts as a failure", async () => {
    const run = await runOne('test("later", { todo: true }, () => {});');
    assert.equal(run.lastLine, "0 passed, 1 failed, 0 skipped");
  });

  test("a skip is counted and listed with its reason, and fails without one", async () => {
    const reasoned = await runOne('test("on tape", { skip: "no tape drive here" }, () => {});');
    assert.equal(reasoned.lastLine, "0 passed, 0 failed, 1 skipped");
    assert.match(reasoned.output, /on tape: no tape drive here/);
    const silent = await runOne('test("on tape", { skip: true }, () => {});');
    assert.match(silent.output, /Skipped without a reason/);
    assert.equal(silent.code, 1);
  });

  test("a file left in the temporary folder fails the file that left it", async () => {
    const run = await runOne(`
      import { mkdtempSync } from "node:fs"; import { tmpdir } from "node:os"; import { join } from "node:path";
      test("litters", () => { mkdtempSync(join(tmpdir(), "litter-")); });`);
    assert.match(run.output, /file or folder litter-/);
    assert.equal(run.lastLine, "1 passed, 1 failed, 0 skipped");
  });

  test("a detached process left running fails the file that left it, and is ended", async () => {
    const run = await runOne(`
      import { spawn } from "node:child_process";
      test("forgets", () => {
        const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000) // forgotten"], { detached: true, stdio: "ignore" });
        child.unref();
      });`);
    const pid = /process (\d+): .*forgotten/.exec(run.output)?.[1];
    assert.ok(pid, run.output);
    assert.equal(run.code, 1);
    // Where nobody reaps it, an ended process stays as an entry with an empty command line.
    assert.equal(existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "", "");
  });

  test("a file that something holds open is ended and fails", async () => {
    const run = await runOne('test("fine", () => {}); setInterval(() => {}, 1000);', ["--file-timeout-ms=3000"]);
    assert.match(run.output, /did not end in time, after [0-9] passed tests/);
    assert.equal(run.code, 1);
  });

  test("the chosen seed reaches the tests", async () => {
    const run = await runOne('test("seed", () => assert.match(process.env.EVENKEEL_SEED ?? "", /^[0-9]+$/));');
    assert.equal(run.lastLine, "1 passed, 0 failed, 0 skipped");
  });

  test("filters choose files by part of their path, and a filter that matches nothing fails", async () => {
    const files = { "packages/a/src/a.test.ts": passing, "packages/b/src/b.test.ts": testSource('test("no", () => assert.fail("no"));') };
    assert.equal((await runPlanted(files, ["packages/a"])).lastLine, "1 passed, 0 failed, 0 skipped");
    assert.equal((await runPlanted(files, ["packages/c"])).lastLine, "0 passed, 1 failed, 0 skipped");
  });

  test("the figures that a test measured stand under its file, and no other remark does", async () => {
    const run = await runOne('test("fine", (t) => { t.diagnostic("figures: 3 ms"); t.diagnostic("a remark"); });');
    assert.match(run.output, /a\.test\.ts \(.*\)\n {5}figures: 3 ms\n1 passed/);
    assert.ok(!run.output.includes("a remark"), run.output);
  });

  test("--except leaves out the files whose path contains it, whatever else is chosen", async () => {
    const files = { "packages/a/src/a.test.ts": "", "packages/b/src/b.test.ts": "", "packages/b/src/c.test.ts": "" };
    assert.equal((await runPlanted(files, ["--list", "--except=b/src/b"])).output, "packages/a/src/a.test.ts\npackages/b/src/c.test.ts\n");
    assert.equal((await runPlanted(files, ["--list", "--except=b/src/b", "packages/b"])).output, "packages/b/src/c.test.ts\n");
  });

  test("--fast leaves out integration tests, --int the others, and --list runs nothing", async () => {
    const files = { "packages/a/src/a.test.ts": passing, "packages/a/src/a.int.test.ts": passing, "packages/a/dist/c.test.ts": passing };
    assert.equal((await runPlanted(files, ["--list"])).output, "packages/a/src/a.int.test.ts\npackages/a/src/a.test.ts\n");
    assert.equal((await runPlanted(files, ["--list", "--fast"])).output, "packages/a/src/a.test.ts\n");
    assert.equal((await runPlanted(files, ["--list", "--int"])).output, "packages/a/src/a.int.test.ts\n");
  });

  test("--json prints one object a line before the totals", async () => {
    const run = await runOne('test("fine", () => {});', ["--json"]);
    const lines = run.output.trimEnd().split("\n").slice(0, -1).map((line): unknown => JSON.parse(line));
    assert.equal(lines.length, 2);
    assert.equal(run.lastLine, "1 passed, 0 failed, 0 skipped");
  });

  test("a misspelt flag is refused", async () => {
    assert.notEqual((await runOne('test("fine", () => {});', ["--fsat"])).code, 0);
  });
});
