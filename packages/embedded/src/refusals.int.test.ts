// What cannot be started is refused with a typed error that says what to do, and is left exactly as it was.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { startEmbedded } from "./start-embedded.ts";
import { atEnd, initialisedFolder, makeOpenFolder, scratchFolder, sourcesArePrivate, startClient } from "./testing/scratch.ts";

test("data of another major version are refused by name and not touched", async (t) => {
  const folder = await initialisedFolder(t);
  const version = join(folder, "postgres", "data", "PG_VERSION");
  writeFileSync(version, "17\n");
  const before = readdirSync(join(folder, "postgres", "data"));
  await assert.rejects(startEmbedded({ folder }), { code: "EMBEDDED_VERSION", message: /written by PostgreSQL 17, .* not touched/ });
  assert.equal(readFileSync(version, "utf8"), "17\n");
  assert.deepEqual(readdirSync(join(folder, "postgres", "data")), before);
});

test("a folder that holds something else is refused and not touched", async (t) => {
  const folder = makeOpenFolder(join(scratchFolder(t), "db"));
  mkdirSync(join(folder, "postgres"));
  writeFileSync(join(folder, "postgres", "thesis.txt"), "years of work");
  await assert.rejects(startEmbedded({ folder }), { code: "EMBEDDED_START_FAILED", message: /thesis|holds no PostgreSQL data/ });
  assert.deepEqual(readdirSync(join(folder, "postgres")), ["thesis.txt"]);
});

test("damaged data are reported with the server's own words and not touched", async (t) => {
  const folder = await initialisedFolder(t);
  const control = join(folder, "postgres", "data", "global", "pg_control");
  const damage = readFileSync(control);
  damage.fill(7, 100, 200);
  writeFileSync(control, damage);
  await assert.rejects(startEmbedded({ folder }), {
    code: "EMBEDDED_START_FAILED",
    message: /The data is damaged,[\s\S]*The server said:\n.*(FATAL|PANIC)/,
  });
  assert.deepEqual(readFileSync(control), damage);
});

test("a wrong setting is named, and the next start without it works", async (t) => {
  const folder = await initialisedFolder(t);
  await assert.rejects(startEmbedded({ folder, settings: { no_such_setting: "1" } }), {
    code: "EMBEDDED_START_FAILED",
    message: /Correct the named entry of `settings`[\s\S]*no_such_setting/,
  });
  const server = await startEmbedded({ folder });
  await server.stop();
});

test("a port in use is reported as such", async (t) => {
  const folder = await initialisedFolder(t);
  const port = await occupyPort(t);
  const settings = { listen_addresses: "127.0.0.1", port: String(port) };
  await assert.rejects(startEmbedded({ folder, settings }), { code: "EMBEDDED_START_FAILED", message: /choose another `port`/ });
});

test("a path that is too long for the file system is reported as such", async (t) => {
  const folder = join(scratchFolder(t), "x".repeat(300));
  await assert.rejects(startEmbedded({ folder }), { code: "EMBEDDED_START_FAILED", message: /path is too long: choose a folder/ });
});

test("a folder without permission is reported as such", { skip: sourcesArePrivate() }, async (t) => {
  const parent = scratchFolder(t);
  const asRoot = process.getuid?.() === 0;
  if (!asRoot) execFileSync("chmod", ["500", parent]);
  const client = startClient(t, { folder: join(parent, "db") }, asRoot ? { uid: 65534, gid: 65534, cwd: "/" } : {});
  const { code, message } = await client.answer;
  assert.equal(code, "EMBEDDED_START_FAILED");
  assert.match(String(message), /may not use that folder/);
});

const canMount = process.platform === "linux" && process.getuid?.() === 0;

const skip = canMount ? false : "only root on Linux can mount a small disk";

test("a full disk is reported, and everything works once there is space", { skip }, async (t) => {
  const disk = scratchFolder(t);
  const folder = join(disk, "db");
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", disk]);
  atEnd(t, () => execFileSync("umount", [disk]));
  const full = { code: "EMBEDDED_START_FAILED", message: /The disk is full/ };
  await assert.rejects(startEmbedded({ folder }), full, "while creating the database");
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("postgres")), []);
  execFileSync("mount", ["-o", "remount,size=200m", disk]);
  const first = await startEmbedded({ folder });
  await first.stop();
  const ballast = join(disk, "ballast");
  assert.throws(() => execFileSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=64k"], { stdio: "ignore" }));
  await assert.rejects(startEmbedded({ folder }), full, "while starting the server");
  execFileSync("rm", [ballast]);
  const second = await startEmbedded({ folder });
  assert.equal(second.joined, false);
  await second.stop();
});

function occupyPort(t: TestContext): Promise<number> {
  const occupant = createServer();
  atEnd(t, () => new Promise((resolve) => occupant.close(resolve)));
  return new Promise((resolve) => {
    occupant.listen(0, "127.0.0.1", () => {
      const address = occupant.address();
      if (address !== null && typeof address === "object") resolve(address.port);
    });
  });
}
