// The server under attack while the ledger works: restarted in both ways, its processes ended at random, its connections used up, and pools
// too small for what is asked of them. Everything recovers by itself.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmbedded } from "@evenkeel/embedded";
import pg from "pg";
import { accountsOf, assertClean, eventually, sceneFor } from "./ledger/attack-test.ts";
import { MIXED } from "./ledger/task.ts";

test("restarts, ended sessions, no connection left and small pools are recovered from", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ekserver-"));
  chmodSync(folder, 0o755);
  const options = { folder: join(folder, "db"), settings: { max_connections: "40" } };
  let server = await startEmbedded(options);
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  const scene = await sceneFor(t, { url: server.url, flavours: MIXED });
  // Two connections for everything a worker does at once.
  scene.worker({ poolSize: 2 });
  scene.worker({ poolSize: 2 });
  const publisher = scene.publisher(accountsOf(12), { upTo: 1_000_000, pauseMs: 30 }, { poolSize: 2 });
  const goesOn = async (after: string): Promise<void> => {
    const before = scene.posts();
    await eventually(`posts go on after ${after}`, () => scene.posts() >= before + 24 || undefined);
  };
  await goesOn("the start");

  await server.stop();
  server = await startEmbedded(options);
  await goesOn("a fast restart");

  process.kill(server.pid, "SIGQUIT");
  await eventually("the server is down", () => !server.isRunning() || undefined);
  server = await startEmbedded(options);
  await goesOn("an immediate restart");

  for (let round = 0; round < 15; round++) {
    await asAdministrator(server.url, "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'evenkeel%' and random() < 0.4");
    await sleep(40);
  }
  await goesOn("sessions were ended at random");

  const hogs = await useUp(server.url);
  await asTolerated(() => asAdministrator(server.url, "select 1"));
  await sleep(1_500);
  await Promise.all(hogs.map((hog) => hog.end()));
  await goesOn("no connection was left for a while");

  publisher.tell("stop\n");
  await publisher.said("published");
  await assertClean(scene, "after all that was done to the server");
});

async function asAdministrator(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: "attack" });
  client.on("error", () => undefined);
  await client.connect();
  await client.query(text);
  await client.end();
}

async function asTolerated(work: () => Promise<void>): Promise<void> {
  await work().catch(() => undefined);
}

/** Takes connections until there are none, and ends everybody else's, so that they must ask anew. */
async function useUp(url: string): Promise<readonly pg.Client[]> {
  const hogs: pg.Client[] = [];
  const take = async (): Promise<boolean> => {
    const hog = new pg.Client({ connectionString: url, application_name: "hog" });
    hog.on("error", () => undefined);
    try {
      await hog.connect();
    } catch {
      return false;
    }
    hogs.push(hog);
    return true;
  };
  while (await take());
  const [first] = hogs;
  assert.ok(first !== undefined, "there was a connection to take");
  for (let round = 0; round < 3; round++) {
    await first.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'evenkeel%'");
    while (await take());
  }
  return hogs;
}
