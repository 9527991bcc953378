// Whole runs, as the command line makes them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { generateSample } from "../data/generateSample.ts";
import { inheritedOptions } from "../provider/start.ts";
import { testDatabase } from "../testing/scene.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const Result = z.strictObject({
  orders: z.record(z.string(), z.int()),
  messages: z.int(), duplicatesAbsorbed: z.int(), parked: z.int(), retries: z.int(),
  seconds: z.number(), ordersPerSecond: z.number(),
  latencyMs: z.strictObject({ p50: z.int(), p99: z.int() }),
  outage: z.null(),
  audit: z.strictObject({ checked: z.record(z.string(), z.int()), violations: z.array(z.unknown()) }),
});

let folder = "";
before(async () => { folder = await mkdtemp(join(tmpdir(), "marketplace-test-")); });
after(() => rm(folder, { recursive: true, force: true }));

interface Ended { readonly code: number | null; readonly out: string; readonly words: string }

/** Other files' runs may be under way in the same database. */
const pids: number[] = [];

function npmStart(...options: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [...inheritedOptions(process.execArgv), MAIN, ...options], { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
  if (child.pid !== undefined) pids.push(child.pid);
  let out = "";
  let words = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { words += text; });
  return new Promise((resolve, reject) => child.once("error", reject).once("close", (code) => resolve({ code, out, words })));
}

async function sample(invoices: number, seed: number): Promise<string> {
  const file = join(folder, `sample-${invoices}-${seed}.csv`);
  await writeFile(file, [...generateSample({ invoices, seed })].join(""));
  return file;
}

const resultOf = ({ out, words }: Ended): z.infer<typeof Result> => {
  const last = out.trimEnd().split("\n").at(-1) ?? "";
  assert.ok(last.startsWith("{"), `no result in: ${out}\n${words}`);
  return Result.parse(JSON.parse(last));
};
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

test("a small file runs to a clean audit; rows that cannot be read are named with their line and reason, and counted", async () => {
  const run = await npmStart("--orders", await sample(60, 5), "--database", testDatabase(), "--json", "--seed", "5");
  assert.equal(run.code, 0, run.words);
  const result = resultOf(run);
  assert.deepEqual(result.audit.violations, []);
  assert.equal(Object.keys(result.audit.checked).length, 9);
  assert.ok(sum(result.orders) > 40 && result.messages > sum(result.orders));
  assert.ok(result.latencyMs.p99 >= result.latencyMs.p50 && result.ordersPerSecond > 0);
  assert.match(run.out, /3 rows could not be read/);
  assert.match(run.out, /line \d+: Quantity is not a whole number/);
  assert.match(run.out, /line \d+: StockCode is empty/);
});

test("chaos: duplicates, provider faults and killed workers end in a clean audit once the trouble stops", async () => {
  const run = await npmStart("--orders", await sample(60, 6), "--database", testDatabase(), "--chaos", "--json", "--seed", "6");
  assert.equal(run.code, 0, run.out + run.words);
  const result = resultOf(run);
  assert.deepEqual(result.audit.violations, []);
  assert.equal(result.parked, 0);
  assert.ok(result.duplicatesAbsorbed > 0);
  assert.match(run.words, /worker \d is killed/);
});

test("the same chaos with workflows ends in the same clean audit", async () => {
  const run = await npmStart("--style", "workflow", "--orders", await sample(60, 6), "--database", testDatabase(), "--chaos", "--json", "--seed", "6");
  assert.equal(run.code, 0, run.out + run.words);
  const result = resultOf(run);
  assert.deepEqual(result.audit.violations, []);
  assert.equal(Object.keys(result.audit.checked).length, 9);
  assert.equal(result.parked, 0);
  assert.match(run.words, /worker \d is killed/);
});

test("a file that is not an order file ends the run with what is wrong, where, and what to do", async () => {
  const file = join(folder, "wrong.csv");
  await writeFile(file, "Colour,Taste\nred,sweet\n");
  const run = await npmStart("--orders", file, "--database", testDatabase());
  assert.equal(run.code, 2);
  assert.match(run.words, /no column InvoiceNo.*ORDER_FILE_HEADER.*wrong\.csv/s);
  assert.equal(run.out, "");
});

test("an unknown option ends with code 2, the help with code 0", async () => {
  const wrong = await npmStart("--colour");
  assert.equal(wrong.code, 2);
  assert.match(wrong.words, /--colour.*See --help.*OPTION_INVALID/s);
  const help = await npmStart("--help");
  assert.equal(help.code, 0);
  assert.match(help.out, /npm start -- --chaos/);
});

test("a run leaves no schema behind", async () => {
  const { createApp } = await import("evenkeel");
  const app = await createApp({ services: [], schema: "test_market_look", database: testDatabase(), log: () => undefined });
  const rows = await app.transaction((sql) => sql.query("select nspname from pg_namespace where nspname like 'marketplace\\_%'"));
  await app.transaction((sql) => sql.query('drop schema "test_market_look" cascade'));
  await app.stop();
  assert.ok(pids.length >= 4);
  const left = rows.map((row) => String(row["nspname"])).filter((name) => pids.some((pid) => name.includes(`_${pid}_`)));
  assert.deepEqual(left, []);
});
