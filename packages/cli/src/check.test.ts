// `evenkeel check` as typed: what it finds, runs, prints and writes, how it widens scopes, and what it says of files that hold no checks.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { runCommand } from "./run-command.ts";

const checker = JSON.stringify(import.meta.resolve("@evenkeel/checker"));

const COUNTER = `import { model } from ${checker};
const upTo = (most, limit = most) => model({
  name: \`counts to \${most}\`, init: [{ n: 0 }], deadlock: "allowed",
  actions: { count: (s, next) => { if (s.n < most) next({ n: s.n + 1 }); } },
  invariants: { "within bounds": (s) => s.n <= limit },
});
`;

interface Project {
  readonly folder: string;
  check(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
}

function project(t: TestContext, files: Readonly<Record<string, string>>): Project {
  const folder = mkdtempSync(join(tmpdir(), "check-"));
  t.after(() => { rmSync(folder, { recursive: true }); });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return {
    folder,
    check: async (...words) => {
      let out = "";
      let err = "";
      const code = await runCommand(["check", ...words], { out: (text) => { out += text; }, err: (text) => { err += text; }, env: {}, folder });
      return { code, out, err };
    },
  };
}

test("all check files below the folder are run, those of installed packages are not, and passing is exit code 0", async (t) => {
  const { check } = project(t, {
    "a.check.mjs": `${COUNTER}export const three = upTo(3);`,
    "deep/er/b.check.mjs": `${COUNTER}export const five = upTo(5);`,
    "node_modules/c.check.mjs": "throw new Error('not mine');",
    "other.mjs": "throw new Error('no check');",
  });
  const { code, out } = await check();
  assert.equal(code, 0, out);
  assert.match(out, /passed {2}a\.check\.mjs {2}three\nseen as a whole: counts to 3\nPASS/);
  assert.match(out, /passed {2}deep\/er\/b\.check\.mjs {2}five/);
  assert.match(out, /2 of 2 checks passed; 10 states were seen\.\n$/);
});

test("a broken check is exit code 1, tells the shortest way, and its story is written where it was asked for", async (t) => {
  const { check, folder } = project(t, { "a.check.mjs": `${COUNTER}export const bad = upTo(9, 2);` });
  const { code, out } = await check("--stories", "stories");
  assert.equal(code, 1);
  assert.match(out, /FAILED {2}a\.check\.mjs {2}bad\nno scope was seen as a whole\nVIOLATED/);
  assert.match(out, /n: 2 -> 3\n {5}broken: within bounds/);
  assert.deepEqual(readdirSync(join(folder, "stories")).sort(), ["a-bad.html", "a-bad.json", "a-bad.mmd"]);
  assert.match(readFileSync(join(folder, "stories", "a-bad.html"), "utf8"), /^<!doctype html>/);
});

test("--replays writes a test of services in the check file's language, and nothing of a model", async (t) => {
  const { check, folder } = project(t, { "deep/a.check.mjs": `${COUNTER}import { command, service } from ${JSON.stringify(import.meta.resolve("@evenkeel/core"))};
import { scenario } from ${checker};
const any = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const Go = command("go", { key: (one) => one.to, data: any });
const going = service("going", { entities: {} }).on(Go, () => { throw new Error("no way"); });
export const bad = upTo(9, 2);
export const left = scenario({ name: "left", system: [going], when: [Go({ to: "a" })], invariants: { "all is handled": (s) => s.parked.length === 0 } });
` });
  const { code, out } = await check("--replays", "replays", "--json");
  assert.equal(code, 1, out);
  const { replays } = JSON.parse(out) as { readonly replays: readonly string[] };
  assert.deepEqual(replays, [join(folder, "replays", "deep-a-left-all-is-handled.test.mjs")]);
  assert.match(readFileSync(replays[0] ?? "", "utf8"), /^import \{ left as scenarios \} from "\.\.\/deep\/a\.check\.mjs";$/m);
});

test("scopes are widened until one is broken, and the widest that was seen as a whole is named", async (t) => {
  const { check } = project(t, { "a.check.mjs": `${COUNTER}export const wide = [upTo(2), upTo(4), upTo(6, 5), upTo(8)];` });
  const { code, out } = await check("--json");
  assert.equal(code, 1);
  const { passed, checks } = JSON.parse(out) as { passed: boolean; checks: { completed: string; left: string[]; reports: { verdict: string }[] }[] };
  assert.equal(passed, false);
  assert.deepEqual(checks.map(({ completed, left, reports }) => [completed, left, reports.map(({ verdict }) => verdict)]), [
    ["counts to 4", ["counts to 8"], ["pass", "pass", "violated"]],
  ]);
});

test("a scope that does not end in its time leaves the narrower one as the widest, and the check passes", async (t) => {
  const { check } = project(t, { "a.check.mjs": `${COUNTER}export const wide = [upTo(2), upTo(Infinity)];` });
  const { code, out, err } = await check("--seconds", "2.6");
  assert.equal(code, 0, out);
  assert.match(out, /seen as a whole: counts to 2\nBOUNDED {2}counts to Infinity/);
  assert.match(err, /check: [\d,]+ states, [\d,]+ generated\/s, level [\d]+, 1 waiting, \d+ MiB\n/);
});

test("--only picks by file or name, --list names what there is, and an empty choice is wrong use", async (t) => {
  const { check } = project(t, { "a.check.mjs": `${COUNTER}export const one = upTo(1);\nexport const two = [upTo(2), upTo(3)];` });
  assert.equal((await check("--list")).out, "a.check.mjs  one: counts to 1\na.check.mjs  two: counts to 2, counts to 3\n");
  assert.match((await check("--only", "two")).out, /^passed {2}a\.check\.mjs {2}two\n/);
  const none = await check("--only", "three");
  assert.deepEqual([none.code, none.err.split(":")[0]], [2, "USAGE_INVALID"]);
});

const refused: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[], RegExp])[] = [
  ["there is no check file", { "a.mjs": "" }, [], /^CHECK_FILE_INVALID: There is no \*\.check\.ts or \*\.check\.js below this folder\.\n$/],
  ["the path does not exist", {}, ["nowhere"], /^CHECK_FILE_INVALID: There is no file or folder .*nowhere\.\n$/],
  ["a file exports nothing", { "a.check.mjs": "" }, [], /^CHECK_FILE_INVALID: The file a\.check\.mjs exports nothing\. Export what model\(\)/],
  ["an export cannot be checked", { "a.check.mjs": "export const x = [];" }, [], /^CHECK_FILE_INVALID: What a\.check\.mjs exports as x cannot be checked\./],
  ["a file throws", { "a.check.mjs": "throw new Error('no planet');" }, [], /^CHECK_FILE_INVALID: The file a\.check\.mjs cannot be loaded: Error: no planet/],
  ["a model is wrong", { "a.check.mjs": `${COUNTER}export const m = model({ name: "m", init: [1], actions: {} });` }, [], /^MODEL_INVALID: /],
];
for (const [when, files, words, expected] of refused) {
  test(`refused with words when ${when}`, async (t) => {
    const { code, err, out } = await project(t, files).check(...words);
    assert.match(err, expected);
    assert.deepEqual([code, out], [1, ""]);
  });
}

test("--mutants says what no property notices", async (t) => {
  const files = { "a.check.mjs": `import { command, entity, service } from ${JSON.stringify(import.meta.resolve("@evenkeel/core"))};
import { scenario } from ${checker};
const any = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const Add = command("add", { key: (one) => one.to, data: any });
const sums = service("sums", { entities: { sum: entity("sum", { data: any }) } })
  .on(Add, async ({ to, by }, { sum }) => { sum.put(to, { total: ((await sum.get(to))?.total ?? 0) + by }); });
export const adding = scenario({ name: "adding", system: [sums], when: [Add({ to: "a", by: 1 })], eventually: { "is added": (s) => s.sums.sum.some(({ total }) => total === 1) } });
export const blind = scenario({ name: "blind", system: [sums], when: [Add({ to: "a", by: 1 })] });
` };
  const { code, out } = await project(t, files).check("--mutants");
  assert.equal(code, 0, out);
  assert.match(out, /^adding: 1 of 1 mutants are noticed\.\n {2}noticed: sums ignores add \(is added, 2 steps\)\n/);
  assert.match(out, /\nblind: 0 of 1 mutants are noticed\.\n {2}YOUR PROPERTIES CANNOT SEE: sums ignores add\n/);
});

test("a database is nothing to a check", async (t) => {
  const { code, err } = await project(t, {}).check("--database", "postgresql://x/y");
  assert.equal(code, 2);
  assert.match(err, /^USAGE_INVALID: check explores states in memory, and --database names a database/);
});

test("threads explore together what one explores, and what only one can explore is refused", async (t) => {
  const { check } = project(t, {
    "a.check.mjs": `import { model } from ${checker};
const grid = (side) => model({
  name: \`grid of \${side}\`, init: [{ x: 0, y: 0 }], deadlock: "allowed",
  actions: { step: (s, next) => { if (s.x < side) next({ ...s, x: s.x + 1 }); if (s.y < side) next({ ...s, y: s.y + 1 }); } },
  invariants: { "within the grid": (s) => s.x <= side },
});
export const grids = [grid(3), grid(300)];`,
    "b.check.mjs": `${COUNTER}
export const endless = model({ name: "endless", init: [0], actions: { stay: (s, next) => next(s) }, eventually: { zero: (s) => s === 0 } });`,
  });
  const { code, out } = await check("--workers", "2", "--only", "grids");
  assert.equal(code, 0, out);
  assert.match(out, /seen as a whole: grid of 300/);
  const refused = await check("--workers", "2", "--only", "endless");
  assert.equal(refused.code, 1, refused.err);
  assert.match(refused.err, /CONFIG_INVALID.*cannot be explored by 2 workers/s);
});
