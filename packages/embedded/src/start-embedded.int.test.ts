// The life of a server: created, joined, adopted, left, crashed and brought back.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { frontOf, homeOf } from "./home.ts";
import type { Home } from "./home.ts";
import { startEmbedded } from "./start-embedded.ts";
import type { EmbeddedOptions, EmbeddedServer } from "./start-embedded.ts";
import { stopIfIdle } from "./stop-if-idle.ts";
import { atEnd, eventually, initialisedFolder, isGone, scratchFolder, startClient } from "./testing/scratch.ts";

async function start(t: TestContext, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const server = await startEmbedded(options);
  atEnd(t, () => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

function homeIn(folder: string): Home {
  return homeOf(frontOf(folder), folder);
}

// A few at a time: each has a folder of its own, and waits for its server most of the time.
describe("the life of a server", { concurrency: 3 }, () => {
  test("a first start creates a durable, private database that node-postgres can use", async (t) => {
    const folder = join(scratchFolder(t), "new", ".evenkeel");
    const server = await start(t, { folder });
    assert.equal(server.joined, false);
    const names = "{fsync,synchronous_commit,full_page_writes,data_checksums,server_encoding,listen_addresses}";
    const values = await query(server.url, `SELECT current_setting(n) FROM unnest('${names}'::text[]) n`);
    assert.deepEqual(values, ["on", "on", "on", "on", "UTF8", ""]);
    assert.deepEqual(await query(server.url, "SELECT current_database() || '/' || current_user"), ["evenkeel/evenkeel"]);
    assert.deepEqual(await query(server.url, "SELECT upper('ä') || ('a' < 'B')"), ["Äfalse"], "letters of Unicode, order of bytes");
    assert.equal(server.major, Number((await query(server.url, "SELECT current_setting('server_version_num')::int / 10000"))[0]));
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(homeIn(folder).password).mode & 0o777, 0o600);
    await assert.rejects(query(server.url.replace(/:[^:@]+@/, ":wrong@"), "SELECT 1"), { code: "28P01" });
  });

  test("a second call, here or in another process, joins the running server", async (t) => {
    const folder = await initialisedFolder(t);
    const first = await start(t, { folder });
    const second = await startEmbedded({ folder });
    const third = await startClient(t, { folder }).answer;
    assert.deepEqual([first.joined, second.joined, third.joined], [false, true, true]);
    assert.deepEqual([second.pid, third.pid], [first.pid, first.pid]);
    assert.deepEqual([second.url, third.url], [first.url, first.url]);
  });

  test("processes that start at the same time in a new folder end with one server", async (t) => {
    const folder = join(scratchFolder(t), "db");
    const clients = [1, 2, 3].map(() => startClient(t, { folder }).answer);
    const own = await start(t, { folder });
    const answers = await Promise.all(clients);
    assert.deepEqual(answers.map(({ pid }) => pid), [own.pid, own.pid, own.pid]);
    assert.equal([own, ...answers].filter(({ joined }) => joined === false).length, 1);
  });

  test("a server whose parent was killed is adopted", async (t) => {
    const folder = await initialisedFolder(t);
    const parent = startClient(t, { folder });
    const { pid } = await parent.answer;
    await parent.kill();
    const server = await start(t, { folder });
    assert.deepEqual([server.pid, server.joined], [pid, true]);
    assert.deepEqual(await query(server.url, "SELECT 1"), [1]);
  });

  test("a server stops by itself after its last client, even when every client was killed", async (t) => {
    const folder = await initialisedFolder(t);
    const clients = [startClient(t, { folder, idleStopMs: 200 }), startClient(t, { folder, idleStopMs: 200 })];
    const [first] = await Promise.all(clients.map(({ answer }) => answer));
    const watcher = Number(/"pid":(\d+)/.exec(readFileSync(homeIn(folder).watcher, "utf8"))?.[1]);
    await Promise.all(clients.map((client) => client.kill()));
    await eventually("the server stops", () => isGone(Number(first?.pid)));
    await eventually("its watcher ends with it", () => isGone(watcher));
    assert.equal(existsSync(homeIn(folder).watcher), false);
  });

  test("a server stays while a client or a mere session uses it", async (t) => {
    const folder = await initialisedFolder(t);
    const [one, two] = [await start(t, { folder }), await startEmbedded({ folder })];
    const session = new pg.Client(one.url);
    await session.connect();
    await one.release();
    assert.equal(await stopIfIdle(homeIn(folder)), false, "another client is there");
    await two.release();
    assert.equal(await stopIfIdle(homeIn(folder)), false, "a session is open");
    await session.end();
    // The server notices a moment later that a session has ended.
    while (!(await stopIfIdle(homeIn(folder)))) await sleep(10);
    assert.equal(one.isRunning(), false);
  });

  test("releasing the last client of a server without idle time stops it at once", async (t) => {
    const folder = await initialisedFolder(t);
    const server = await start(t, { folder, idleStopMs: 0 });
    await server.release();
    assert.equal(server.isRunning(), false);
  });

  test("a server that was killed comes back at the same address with everything that was committed", async (t) => {
    const folder = await initialisedFolder(t);
    const before = await start(t, { folder });
    await query(before.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    process.kill(before.pid, "SIGKILL");
    await eventually("the server is gone", () => !before.isRunning());
    const back = await start(t, { folder });
    assert.deepEqual([back.joined, back.url], [false, before.url]);
    assert.deepEqual(await query(back.url, "SELECT answer FROM kept"), [42]);
  });

  test("a crash while the database is being created leaves nothing half made", async (t) => {
    const scratch = scratchFolder(t);
    let folder = "";
    const drafts = (): string[] => (existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("postgres.draft")) : []);
    // Where this process stands still meanwhile, it may come too late: then once more, in another folder.
    for (let round = 0; folder === "" || existsSync(homeIn(folder).postgres); round += 1) {
      folder = join(scratch, `db${String(round)}`);
      const client = startClient(t, { folder });
      let isDone = false;
      void client.answer.then(() => { isDone = true; }, () => undefined);
      await eventually("files are being written", () => isDone || drafts().some((name) => existsSync(join(folder, name, "data", "base"))));
      await client.kill();
    }
    const server = await start(t, { folder });
    assert.deepEqual(await query(server.url, "SELECT 1"), [1]);
    assert.deepEqual(drafts(), []);
  });

  test("a noted process number that now belongs to another program does not stop a start", async (t) => {
    const folder = await initialisedFolder(t);
    const { data } = homeIn(folder);
    writeFileSync(join(data, "postmaster.pid"), `${process.pid}\n${data}\n1\n5432\n${join(folder, "socket")}\n\n  1 1\nready\n`);
    const server = await start(t, { folder });
    assert.deepEqual([server.joined, await query(server.url, "SELECT 1")], [false, [1]]);
  });

  test("a folder with a long path gets its socket in a short private one, which goes with the server", async (t) => {
    const short = await initialisedFolder(t);
    const folder = join(dirname(short), "long".repeat(30));
    renameSync(short, folder);
    const server = await start(t, { folder });
    const socketFolder = new URL(server.url).searchParams.get("host") ?? "";
    assert.ok(!socketFolder.startsWith(folder));
    assert.equal(statSync(socketFolder).mode & 0o777, 0o700);
    assert.deepEqual(await query(server.url, "SELECT 1"), [1]);
    await server.stop();
    assert.equal(existsSync(socketFolder), false);
  });

  test("a server whose folder is deleted ends soon, and does not disturb its successor", async (t) => {
    const folder = await initialisedFolder(t);
    const old = await start(t, { folder, idleStopMs: 200 });
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    const server = await start(t, { folder });
    assert.equal(server.joined, false);
    await eventually("the old server ends", () => isGone(old.pid));
    assert.deepEqual(await query(server.url, "SELECT 1"), [1]);
  });

  test("settings reach the server, which then also listens on a port when told so", async (t) => {
    const folder = await initialisedFolder(t);
    const settings = { work_mem: "7MB", listen_addresses: "127.0.0.1", unix_socket_directories: "", port: "54391" };
    const server = await start(t, { folder, settings });
    assert.match(server.url, /@127\.0\.0\.1:54391\/evenkeel$/);
    assert.deepEqual(await query(server.url, "SHOW work_mem"), ["7MB"]);
  });
});
