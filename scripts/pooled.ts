// `npm run test:pooled`: the integration tests of the store, the command and the examples, and random kills of workflows, once more, behind PgBouncer in
// transaction mode. Ends with the totals line of the test runner; a pooler that does not start is one failure.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPooler } from "./pooled/pooler.ts";
import { databaseVariable, openTestDatabase } from "./test/database.ts";

/**
 * Not again here: what speaks to no database (the provider, what keeps a process alive); and what is the doing of code that speaks to the store like
 * everybody else: whole outages, the stall watch, the shop's rules, the audit; and what looks at what one connection keeps. The
 * marketplace's runs behind the pooler are in run/run.int.test.ts, its ports in payments/twoPorts.int.test.ts.
 */
const LEFT_OUT = [
  "examples/marketplace/src/provider/", "examples/marketplace/src/run/outage.int", "examples/marketplace/src/audit/",
  "examples/marketplace/src/cancelAndReturn.int", "packages/cli/src/worker-stalls.int", "packages/postgres/src/node-host.int",
  "packages/postgres/src/statement-names.int", "packages/postgres/src/exchange.int",
].map((part) => `--except=${part}`);

const folder = mkdtempSync(join(tmpdir(), "ekp-"));
chmodSync(folder, 0o755);
try {
  process.exitCode = await runPooled();
} catch (error) {
  console.log("FAILED the tests behind PgBouncer did not start:", error);
  console.log("0 passed, 1 failed, 0 skipped");
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function runPooled(): Promise<number> {
  const database = await openTestDatabase(folder);
  try {
    const pooler = await startPooler(database.url, join(folder, "bouncer"));
    console.log(`PgBouncer in transaction mode before ${database.origin}`);
    try {
      return await runTests(pooler.url);
    } finally {
      await pooler.stop();
    }
  } finally {
    await database.stop();
  }
}

async function runTests(url: string): Promise<number> {
  const runner = fileURLToPath(new URL("test.ts", import.meta.url));
  const words = [...process.execArgv, runner, "--int", "packages/postgres/", "packages/cli/", "examples/", "tests/attacks/workflow-kills", ...LEFT_OUT, ...process.argv.slice(2)];
  const env = { ...process.env, [databaseVariable]: url, EVENKEEL_TEST_POOLED: "yes" };
  const child = spawn(process.execPath, words, { stdio: ["ignore", "inherit", "inherit"], env });
  // The runner ends its tests; then the pooler and the server are stopped as after any run.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => child.kill(name));
  return await new Promise((resolve, reject) => child.once("error", reject).once("exit", (code) => resolve(code ?? 1)));
}
