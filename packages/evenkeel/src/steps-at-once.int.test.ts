// Steps that a run asked for at the same time are under way at the same time, on PostgreSQL: in the process that began them, and in the one that takes
// over when that was killed; with rows and without.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { meeting, meetingApp, reserved, SEATS } from "./testing/meeting.ts";

const PATIENCE_MS = 90_000;
const program = fileURLToPath(new URL("testing/meeting.ts", import.meta.url));

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !await holds();) {
    assert.ok(Date.now() < end, `Not within ${String(PATIENCE_MS / 1_000)} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What runs the sources in this process runs them in that one, too. */
function loader(): readonly string[] {
  return process.execArgv.flatMap((word, index, words) => {
    if (word === "--import") return [word, words[index + 1] ?? ""];
    return word.startsWith("--conditions=") || word.startsWith("--import=") ? [word] : [];
  });
}

/** A worker in a process of its own. */
function worker(t: TestContext, database: string, schema: string, how: "meets" | "waits") {
  const child = spawn(process.execPath, [...loader(), program, database, schema, how], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
  const ended = new Promise<void>((resolve) => { child.once("exit", () => { resolve(); }); });
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  };
  t.after(kill);
  return { kill, begun: (run: string) => new Set(out.split("\n").filter((line) => line.startsWith(`${run} `))).size };
}

test("three steps of a run have all begun before any of them ends, and so they have in the process that takes over from one that was killed", async (t) => {
  const database = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? assert.fail("Run this through npm test, which starts a database.");
  const schema = `test_at_once_${randomBytes(5).toString("hex")}`;
  const app = await meetingApp(database, schema, false, () => undefined);
  t.after(async () => {
    await app.transaction((sql) => sql.query(`drop schema "${schema}" cascade`));
    await app.stop();
  });
  await app.publishAll([meeting.start({ id: "m-1", input: { run: "m-1" } }), reserved.start({ id: "r-1", input: { run: "r-1" } })]);

  const first = worker(t, database, schema, "waits");
  await until("all six steps are under way", () => first.begun("m-1") === SEATS.length && first.begun("r-1") === SEATS.length);
  const rows = await app.transaction((sql) => sql.query(`select routing_key, count(*)::int as calls from "${schema}".call group by routing_key`));
  assert.deepEqual(rows, [{ routing_key: "r-1", calls: SEATS.length }]);
  await first.kill();

  const second = worker(t, database, schema, "meets");
  await until("both runs are over", async () =>
    (await app.read(meeting.run, "m-1"))?.status === "completed" && (await app.read(reserved.run, "r-1"))?.status === "completed");
  assert.deepEqual([second.begun("m-1"), second.begun("r-1")], [SEATS.length, SEATS.length]);
  const [met, sat] = [await app.read(meeting.run, "m-1"), await app.read(reserved.run, "r-1")];
  assert.deepEqual([met?.result, met?.strays, sat?.result, sat?.strays], ["abc", [], "abc", []]);
  await second.kill();
});
