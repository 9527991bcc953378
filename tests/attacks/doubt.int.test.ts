// Commits in doubt: the connection breaks before the statement reaches the server, after the server has done it, or on its way, for the
// commits of executors, publishes and users' transactions; and a server that crashes at COMMIT.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { startEmbedded } from "@evenkeel/embedded";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { isEvenkeelError } from "@evenkeel/core";
import { accountsOf, assertClean, sceneFor, testDatabase } from "./ledger/attack-test.ts";
import { createLedger, localBank } from "./ledger/ledger-app.ts";
import { Posted } from "./ledger/messages.ts";
import { startProxy, type Cut } from "./ledger/proxy.ts";
import { randomOf, runSeed } from "./ledger/random.ts";
import { MIXED } from "./ledger/task.ts";

test("connections cut around every kind of commit lose nothing and double nothing", async (t) => {
  const random = randomOf(runSeed());
  const proxy = await startProxy(testDatabase(), () => random() < 0.15 ? random.pick<Cut>(["before", "after", "late"]) : null);
  t.after(() => proxy.close());
  const scene = await sceneFor(t, { flavours: MIXED, workerUrl: proxy.url });
  scene.worker();
  scene.worker();
  const publisher = scene.publisher(accountsOf(10), { upTo: 25, pauseMs: 5 });
  await publisher.said("published");
  await assertClean(scene, "connections cut around commits");
  t.diagnostic([...proxy.cuts].map(([what, count]) => `${what} ${String(count)}`).sort().join(", "));
  assert.equal(proxy.cuts.size, 9, `each statement was cut in each way: ${[...proxy.cuts.keys()].join(", ")} (seed ${String(scene.seed)})`);
});

test("a transaction that a crash took at COMMIT is not taken for another one that got its id", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ekdoubt-"));
  chmodSync(folder, 0o755);
  t.after(() => { rmSync(folder, { recursive: true, force: true, maxRetries: 10 }); });
  let server = await startEmbedded({ folder: join(folder, "db") });
  t.after(() => server.stop());
  // At COMMIT the server is killed; it never hears of it.
  let armed = false;
  const proxy = await startProxy(server.url, (statement) => {
    if (!armed || statement !== "commit of a transaction") return null;
    process.kill(server.pid, "SIGKILL");
    return "before";
  });
  t.after(() => proxy.close());
  const host = nodeHost(() => undefined);
  const open = (url: string) => createLedger({ store: openPostgres({ url, log: host.log, poolSize: 2 }), host, bank: localBank(new Map()) });
  const victim = await open(proxy.url);
  t.after(() => victim.stop());
  const other = await open(server.url);
  t.after(() => other.stop());
  const post = (n: number) => Posted({ account: "account-0", n, pence: 1, flavour: "plain" });
  await victim.publish(post(1));

  armed = true;
  const doubtful = victim.transaction(async (transaction) => { transaction.publish(post(2)); })
    .then(() => "committed", (error: unknown) => isEvenkeelError(error) ? error.code : String(error));
  while (server.isRunning()) await new Promise((resolve) => setTimeout(resolve, 5));
  server = await startEmbedded({ folder: join(folder, "db") });
  // Transactions that get the ids which the crash made free again.
  for (let n = 0; n < 40; n++) await other.publish(Posted({ account: "account-1", n, pence: 1, flavour: "plain" }));
  assert.equal(await doubtful, "STORE_UNAVAILABLE", "the transaction was lost, and its caller must hear of it");
});
