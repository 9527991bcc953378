// Commits in doubt: the connection breaks before the statement reaches the server, after the server has done it, or on its way, for the
// commits of executors, publishes and users' transactions; and a server that crashes at COMMIT.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmbedded } from "@evenkeel/embedded";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { isEvenkeelError } from "@evenkeel/core";
import { accountsOf, assertClean, eventually, sceneFor, testDatabase } from "./ledger/attack-test.ts";
import { createLedger, localBank } from "./ledger/ledger-app.ts";
import { Posted } from "./ledger/messages.ts";
import { startProxy, type Cut, type Statement } from "./ledger/proxy.ts";
import { randomOf, runSeed } from "./ledger/random.ts";
import { MIXED } from "./ledger/task.ts";

test("connections cut around every kind of commit lose nothing and double nothing", async (t) => {
  const random = randomOf(runSeed());
  const ways: Record<Statement, Cut[]> = { "commit of an executor": [], publish: [], "commit of a transaction": [] };
  // About every fifth one; each way comes before the first one comes again.
  const proxy = await startProxy(testDatabase(), (statement) => {
    if (random.below(5) > 0) return null;
    if (ways[statement].length === 0) ways[statement] = random() < 0.5 ? ["before", "after", "late"] : ["late", "before", "after"];
    return ways[statement].pop() ?? null;
  });
  t.after(() => proxy.close());
  const scene = await sceneFor(t, { flavours: MIXED, workerUrl: proxy.url });
  scene.worker();
  scene.worker();
  const publisher = scene.publisher(accountsOf(10), { upTo: 1_000_000, pauseMs: 20 });
  await eventually("each statement was cut in each way", () => proxy.cuts.size === 9 || undefined);
  publisher.tell("stop\n");
  await publisher.said("published");
  await assertClean(scene, "connections cut around commits");
  t.diagnostic([...proxy.cuts].map(([what, count]) => `${what} ${String(count)}`).sort().join(", "));
});

test("a transaction that a crash took at COMMIT is not taken for another one that got its id", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ekdoubt-"));
  chmodSync(folder, 0o755);
  // What is not waited for reaches the disk late: an id that got there is not given out again.
  const server = await startEmbedded({ folder: join(folder, "db"), settings: { wal_writer_delay: "10s" } });
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  // At COMMIT the process that serves it is killed, before it hears of it: the server ends all others, and recovers. Until the lost id
  // belongs to another transaction, nobody hears from the server how this one ended.
  let victimPid = 0;
  let reopen: () => void = () => undefined;
  let isOpen = Promise.resolve();
  const proxy = await startProxy(server.url, (statement) => {
    if (victimPid === 0 || statement !== "commit of a transaction") return null;
    isOpen = new Promise((resolve) => { reopen = resolve; });
    process.kill(victimPid, "SIGKILL");
    victimPid = 0;
    return "before";
  }, () => isOpen);
  t.after(() => proxy.close());
  const host = nodeHost(() => undefined);
  const open = (url: string) => createLedger({ store: openPostgres({ url, log: host.log, poolSize: 2 }), host, bank: localBank(new Map()) });
  const victim = await open(proxy.url);
  t.after(() => victim.stop());
  const other = await open(server.url);
  t.after(() => other.stop());
  const post = (account: string, n: number) => Posted({ account, n, pence: 1, flavour: "plain" });
  const statusOf = async (xid: string): Promise<unknown> => {
    const given = "case when $1::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status($1::xid8) end";
    return other.transaction(async (sql) => (await sql.query(`select ${given} as status`, [xid]))[0]?.["status"]).catch(() => null);
  };

  // Where the id had reached the disk before the crash, it is not given out again, and nothing was tried.
  for (let round = 1; round <= ROUNDS; round++) {
    await victim.publish(post("account-0", round * 2 - 1));
    // What still follows from that must not flush what comes now.
    await sleep(300);
    let lost = "";
    const doubtful = victim.transaction(async (transaction) => {
      const [row] = await transaction.query("select pg_backend_pid() as pid, pg_current_xact_id()::text as xid");
      transaction.publish(post("account-0", round * 2));
      lost = String(row?.["xid"]);
      victimPid = Number(row?.["pid"]);
    }).then(() => "committed", (error: unknown) => isEvenkeelError(error) ? error.code : String(error));
    await eventually("the server has lost its process", () => (lost !== "" && victimPid === 0) || undefined);
    // Transactions that get the ids which the crash made free again.
    let status: unknown = null;
    for (let n = 1; n <= 40 && status === null; n++) {
      await other.publish(post("account-1", (round - 1) * 40 + n));
      status = await statusOf(lost);
    }
    reopen();
    assert.equal(await doubtful, "STORE_UNAVAILABLE", `the transaction was lost, and its caller must hear of it; its id is ${String(status)}`);
    t.diagnostic(`round ${String(round)}: the lost id ${lost} is ${String(status)}`);
    if (status === "committed") return;
  }
  assert.fail(`The lost id was not given out again in ${String(ROUNDS)} rounds: nothing was tested.`);
});

const ROUNDS = 8;
