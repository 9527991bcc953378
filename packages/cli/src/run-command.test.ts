// The command as typed: what it says when the words are wrong, and that every command has a help with an example. Needs no database.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { COMMANDS } from "./commands.ts";
import { runCommand } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cli-"));
test.after(() => { rmSync(folder, { recursive: true }); });

async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const code = await runCommand(words, { out: (text) => { out += text; }, err: (text) => { err += text; }, env: {}, folder });
  return { code, out, err };
}

for (const { name, options, positional } of COMMANDS) {
  test(`${name} --help shows its usage, every option and an example`, async () => {
    const { code, out, err } = await run(...name.split(" "), "--help");
    assert.deepEqual([code, err], [0, ""]);
    assert.ok(out.includes(`Usage: evenkeel ${name}${positional === "" ? "" : ` ${positional}`} [OPTIONS]\n`));
    assert.match(out, new RegExp(`\nExamples?:\n  evenkeel ${name}`));
    for (const option of [...Object.keys(options), "database", "schema", "json"]) assert.ok(out.includes(`--${option}`), option);
    assert.match(out, /Exit codes: 0 done, 1 failed, 2 wrong use\.\n$/);
  });
}

test("the help lists every command, and no words at all are wrong use", async () => {
  const { code, out } = await run("--help");
  assert.equal(code, 0);
  for (const { name } of COMMANDS) assert.ok(out.includes(`  ${name} `), name);
  const nothing = await run();
  assert.deepEqual([nothing.code, nothing.out, nothing.err], [2, "", out]);
});

test("an unknown command, a family's unknown command and an unknown option name the nearest", async () => {
  const err = "COMMAND_UNKNOWN: There is no command 'statsu'. Did you mean 'status'? `evenkeel --help` lists them.\n";
  assert.deepEqual(await run("statsu"), { code: 2, out: "", err });
  assert.match((await run("dead-leters", "list")).err, /Did you mean 'dead-letters'\?/);
  assert.match((await run("dead-letters", "redirve")).err, /There is no command 'dead-letters redirve'\. Did you mean 'redrive'\?/);
  assert.match((await run("dead-letters")).err, /needs one of: list, show, edit, redrive, skip, audit/);
  assert.match((await run("status", "--databse", "x")).err, /^USAGE_INVALID: There is no option --databse\. Did you mean '--database'\?/);
  assert.doesNotMatch((await run("xylophone")).err, /Did you mean/);
});

test("with --json a failure is one JSON object on standard output, too", async () => {
  const { code, out, err } = await run("status", "--json", "--database", "mysql://host/shop");
  const parsed: unknown = JSON.parse(out);
  const message = "'mysql://host/shop' is not the URL of a PostgreSQL database: write postgresql://user:password@host:5432/database.";
  assert.deepEqual([code, parsed], [1, { error: { code: "DATABASE_URL_INVALID", message, details: {} } }]);
  assert.equal(err, `DATABASE_URL_INVALID: ${message}\n`);
});

test("looking does not create a database where there is none", async () => {
  const { code, err } = await run("dead-letters", "list");
  assert.equal(code, 1);
  assert.match(err, /^DATABASE_URL_INVALID: There is no database to look at: .*\.evenkeel\.\n$/);
});

test("words that cannot be are refused with what to give instead", async () => {
  assert.match((await run("worker")).err, /^USAGE_INVALID: FILE is missing/);
  assert.match((await run("worker", "a.js", "b.js")).err, /^USAGE_INVALID: 'b\.js' is one word too many/);
  assert.match((await run("status", "--schema")).err, /^USAGE_INVALID: --schema needs a value: --schema NAME\./);
  assert.match((await run("status", "--schema", "--json")).err, /^USAGE_INVALID: --schema needs a value/);
  assert.match((await run("status", "--json=yes")).err, /^USAGE_INVALID: --json takes no value/);
  assert.match((await run("status", "--schema", "a", "--schema", "b")).err, /^USAGE_INVALID: --schema was given twice/);
  assert.match((await run("migrate", "--partitions", "1.5")).err, /^USAGE_INVALID: --partitions is '1\.5': give a whole number/);
  assert.match((await run("migrate", "--partitions", "many")).err, /^USAGE_INVALID: --partitions is 'many': give a number from 1 to 256/);
  assert.equal((await run("worker", "a.js", "--folder", "x", "--database", "y")).code, 2);
});

const files: readonly (readonly [string, string, RegExp])[] = [
  ["has no fitting export", "export const one = 1;", /has neither a default export nor one called app\. Export a function/],
  ["exports something else", "export default { start: 1 };", /leads to no application/],
  ["makes something else", "export default () => 7;", /leads to no application/],
  ["throws while it loads", "throw new Error('no planet');", /The file \S+ cannot be loaded: Error: no planet\n {4}at /],
  ["throws while it makes the application", "export default () => { throw new Error('no moon'); };", /failed: Error: no moon\n {4}at /],
];
for (const [index, [what, source, wanted]] of files.entries()) {
  test(`a worker's file that ${what} is refused with what to do`, async () => {
    const name = `file-${String(index)}.mjs`;
    writeFileSync(join(folder, name), source);
    const { code, err } = await run("worker", name);
    assert.equal(code, 1);
    assert.match(err, /^WORKER_MODULE_INVALID: /);
    assert.match(err, wanted);
  });
}

test("a parameter with a default hears the options of the command line, too", async () => {
  writeFileSync(join(folder, "defaulted.mjs"), "export default ({ schema } = {}) => { throw new Error(`made in ${schema}`); };");
  assert.match((await run("worker", "defaulted.mjs", "--schema", "other")).err, /^WORKER_MODULE_INVALID: .*made in other/);
});

test("an option that the worker's file could not hear is refused, not ignored", async () => {
  writeFileSync(join(folder, "deaf.mjs"), "export default () => ({ start() {}, stop() {} });");
  const { code, err } = await run("worker", "deaf.mjs", "--schema", "other");
  assert.equal(code, 2);
  assert.match(err, /^USAGE_INVALID: The file deaf\.mjs exports a function without a parameter, which cannot be handed --schema\./);
  assert.match((await run("worker", "absent.mjs")).err, /^WORKER_MODULE_INVALID: There is no file /);
});
