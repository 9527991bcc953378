// `npm test`: runs the tests of the repository, each file in its own process, and fails on failures, leftovers, files
// without tests, todos, skips without a reason and names used twice. The rules stand in scripts/test/judge.ts.
//   npm test                      everything          npm test -- --fast          without *.int.test.ts
//   npm test -- postgres/lease    files by path       npm test -- --list          only names the files
//   npm test -- --json            one object a line   npm test -- --int           only *.int.test.ts
//   npm test -- --concurrency=4   four files at a time, two unless told
//   npm test -- --except=PART     without files whose path contains it
import { randomInt, randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArguments } from "./test/arguments.ts";
import { keptSources } from "./test/kept-sources.ts";
import { describeFile, describeProblems, summaryLine, totalsOf } from "./test/print.ts";
import { runAll } from "./test/run-all.ts";
import { repositoryRoot } from "./test/run-file.ts";
import type { FileResult } from "./test/run-file.ts";
import { findTestFiles } from "./test/test-files.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const choice = parseArguments(words, repositoryRoot);
  const files = findTestFiles(choice.root, choice);
  if (choice.list) {
    for (const file of files) console.log(file);
    return 0;
  }
  const say = (text: string): void => console.log(choice.json ? JSON.stringify({ kind: "note", text }) : text);
  const seed = process.env["EVENKEEL_SEED"] ?? String(randomInt(1, 2 ** 31));
  say(`seed ${seed} (the same again: EVENKEEL_SEED=${seed} npm test)`);
  const runFolder = mkdtempSync(join(tmpdir(), "ekt-"));
  chmodSync(runFolder, 0o755);
  const stopping = stopOnSignals();
  let results: FileResult[] = [];
  try {
    results = await runAll({
      ...choice, files, seed, sources: keptSources(), runFolder, runId: randomUUID(), signal: stopping.signal,
      onDatabase: say,
      onResult: (result) => console.log(choice.json ? JSON.stringify({ kind: "file", ...result }) : describeFile(result)),
    });
  } finally {
    const remains = existsSync(runFolder) ? readdirSync(runFolder).filter((name) => !name.endsWith(".jsonl")) : [];
    await rm(runFolder, { recursive: true, force: true });
    if (remains.length > 0) results.push(runnersOwnLeftovers(remains));
  }
  if (files.length === 0) results.push(nothingToRun(choice.filters));
  if (!choice.json) for (const line of describeProblems(results)) console.log(line);
  const totals = totalsOf(results);
  console.log(summaryLine(totals));
  return totals.failed > 0 ? 1 : stopping.signal.aborted ? 130 : 0;
}

function stopOnSignals(): AbortController {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller;
}

function nothingToRun(filters: readonly string[]): FileResult {
  const where = filters.length === 0 ? "There is no test file" : `No test file's path contains ${filters.join(" or ")}`;
  const details = `${where}. See npm test -- --list.`;
  return { file: "(none)", durationMs: 0, passed: 0, skipped: [], failures: [{ name: "the choice of files", details }], figures: [] };
}

function runnersOwnLeftovers(names: readonly string[]): FileResult {
  const details = `The run's own folder still held: ${names.join(", ")}.`;
  return { file: "(the run)", durationMs: 0, passed: 0, skipped: [], failures: [{ name: "leftovers", details }], figures: [] };
}
