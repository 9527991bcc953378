// Runs out of a database and through a replay: as a file, and directly.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bookingApp, booking } from "./testing/booking-workflow.ts";
import { eventually, record, records, scene } from "./testing/scene.ts";
import { runCommand } from "./run-command.ts";

const source = fileURLToPath(new URL("testing/booking-workflow.ts", import.meta.url));

/** Runs the command on no database. */
async function alone(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const code = await runCommand(words, { out: (text) => { out += text; }, err: (text) => { err += text; }, env: {}, folder: tmpdir() });
  return { code, out, err };
}

test("Runs of a database are exported without what must not leave it, and replayed from the file and from the database", async (t) => {
  const stage = scene(t);
  const folder = mkdtempSync(join(tmpdir(), "replay-"));
  t.after(() => { rmSync(folder, { recursive: true, force: true }); });
  const app = await bookingApp(stage.url, stage.schema);
  await app.start();
  for (const id of ["now", "later"]) await app.publish(booking.start({ id, input: { tripId: id, email: `${id}@example.org` } }));
  await eventually("both runs are as far as they go", async () => {
    const [now, later] = await Promise.all([app.read(booking.run, "now"), app.read(booking.run, "later")]);
    return now?.status === "completed" && later?.journal.length === 3 ? true : undefined;
  });
  await app.stop();

  const all = await stage.evenkeel("runs", "export", "--workflow", "booking");
  assert.equal(all.code, 0, all.err);
  const lines = all.out.trimEnd().split("\n").map((line) => record(JSON.parse(line)));
  assert.deepEqual(lines.map((line) => [line["id"], record(line["run"])["status"]]), [["later", "running"], ["now", "completed"]]);
  assert.equal("inbox" in record(lines[0]?.["run"]), false);

  const redacted = await stage.json("runs", "export", "--workflow", "booking", "--status", "ended", "--redact", "email");
  const [slim] = records(redacted.value);
  assert.deepEqual([slim?.["id"], record(slim?.["run"])["input"], slim?.["redacted"]], ["now", { tripId: "now", email: "redacted" }, ["email"]]);
  assert.equal(JSON.stringify(redacted.value).includes("@example.org"), false);

  // Each in a file of its own: one name and version is one workflow.
  const file = join(folder, "runs.jsonl");
  writeFileSync(file, all.out);
  const same = join(folder, "same.ts");
  const other = join(folder, "other.ts");
  writeFileSync(same, `export { booking } from ${JSON.stringify(source)};\n`);
  writeFileSync(other, `import { otherBooking } from ${JSON.stringify(source)};\nexport const services = [otherBooking];\n`);
  assert.deepEqual(await alone("replay", same, "--histories", file), { code: 0, out: "2 runs replayed: 2 same.\n", err: "" });
  const diverged = await alone("replay", other, "--histories", file);
  assert.equal(diverged.code, 1);
  assert.match(diverged.out, /booking, version 1, 2 runs \(later, now\): diverged at entry 0:\n {2}- journal: compensatable step 'book'/);
  assert.match(diverged.out, /\n {2}\+ code: {4}compensatable step 'hold'/);
  const direct = await stage.json("replay", same, "--status", "open");
  const report = record(direct.value);
  assert.deepEqual([direct.code, report["passed"]], [0, true]);
  assert.deepEqual(records(report["runs"]).map((run) => [run["id"], run["verdict"]]), [["later", "same"]]);

  writeFileSync(file, `${all.out}{"workflow":\n`);
  const broken = await alone("replay", same, "--histories", file);
  assert.equal(broken.code, 1);
  assert.match(broken.err, /^HISTORY_INVALID: Line 3 is no recorded run: it is not JSON/);
  writeFileSync(file, "");
  assert.match((await alone("replay", same, "--histories", file)).err, /^HISTORY_INVALID: .*no recorded run at all/);
  assert.match((await stage.evenkeel("runs", "export", "--workflow", "bokking")).err, /^USAGE_INVALID: There is no service 'bokking'/);
});

test("A file without workflows, a file that is not there and options that contradict each other are refused", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "replay-"));
  t.after(() => { rmSync(folder, { recursive: true, force: true }); });
  const none = join(folder, "none.ts");
  writeFileSync(none, "export const services = [];\n");
  assert.match((await alone("replay", none, "--histories", "x.jsonl")).err, /^WORKFLOWS_MISSING: .*exports no workflow/);
  assert.match((await alone("replay", join(folder, "absent.ts"), "--histories", "x.jsonl")).err, /^WORKFLOWS_MISSING: There is no file/);
  assert.match((await alone("replay", source, "--histories", "x.jsonl")).err, /^WORKFLOWS_MISSING: .*two workflows 'booking' of version 1/);
  assert.match((await alone("replay", none, "--histories", "x.jsonl", "--status", "open")).err, /^USAGE_INVALID: --histories names the runs, and --status/);
  const fine = join(folder, "fine.ts");
  writeFileSync(fine, `export { booking } from ${JSON.stringify(source)};\n`);
  assert.match((await alone("replay", fine, "--histories", "x.jsonl")).err, /^USAGE_INVALID: --histories names a file that cannot be read/);
});
