// Runs the chosen files, a few at a time, with one database for those that need one. A database that does not start fails
// each file that needs it; it is never a reason to leave them out.
import { needsDatabase } from "./test-files.ts";
import { databaseVariable, openTestDatabase } from "./database.ts";
import type { TestDatabase } from "./database.ts";
import { runFile } from "./run-file.ts";
import type { FileResult } from "./run-file.ts";

type Plan = {
  readonly root: string;
  readonly files: readonly string[];
  readonly concurrency: number;
  readonly fileTimeoutMs: number;
  readonly runFolder: string;
  readonly runId: string;
  readonly seed: string;
  /** Where transformed sources are kept. */
  readonly sources: string | undefined;
  readonly signal: AbortSignal;
  readonly onDatabase: (sentence: string) => void;
  readonly onResult: (result: FileResult) => void;
};

export async function runAll(plan: Plan): Promise<FileResult[]> {
  const database = plan.files.some(needsDatabase) ? await tryToOpen(plan) : undefined;
  try {
    return await runConcurrently(plan, database);
  } finally {
    if (database !== undefined && !(database instanceof Error)) await database.stop();
  }
}

async function tryToOpen(plan: Plan): Promise<TestDatabase | Error> {
  try {
    const database = await openTestDatabase(plan.runFolder);
    plan.onDatabase(`database: ${database.origin}`);
    return database;
  } catch (cause) {
    return new Error("The test database did not start.", { cause });
  }
}

async function runConcurrently(plan: Plan, database: TestDatabase | Error | undefined): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const waiting = plan.files.entries();
  const worker = async (): Promise<void> => {
    for (const [number, file] of waiting) {
      if (plan.signal.aborted) return;
      const impossible = needsDatabase(file) && database instanceof Error;
      const result = impossible ? withoutDatabase(file, database) : await runFile(fileRun(plan, number, file, database));
      results.push(result);
      plan.onResult(result);
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
  return results;
}

function fileRun(plan: Plan, number: number, file: string, database: TestDatabase | Error | undefined) {
  const { root, runFolder, runId, fileTimeoutMs, signal } = plan;
  const url = database === undefined || database instanceof Error ? {} : { [databaseVariable]: database.url };
  const kept = plan.sources === undefined ? {} : { EVENKEEL_TEST_SOURCES: plan.sources };
  return { root, runFolder, runId, fileTimeoutMs, signal, number, file, environment: { EVENKEEL_SEED: plan.seed, ...url, ...kept } };
}

function withoutDatabase(file: string, error: Error): FileResult {
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause);
  return { file, durationMs: 0, passed: 0, skipped: [], failures: [{ name: "(its database)", details: `${error.message}\n${cause}` }], figures: [] };
}
