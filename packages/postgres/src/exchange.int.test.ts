// Exchanges that end badly on a real server: what the caller is told, and whether the connection serves the next statement.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Database, StatementError } from "./connection.ts";
import { openBlackHole } from "./testing/black-hole.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const SUM = "select $1::int + 1";

function open(t: TestContext, at = url, limitMs = 20_000): Database {
  const database = Database.open(at, 1, limitMs, () => undefined);
  t.after(() => database.close());
  return database;
}

const pidOf = async (database: Database): Promise<string | null | undefined> => (await database.repeated("select pg_backend_pid()", []))[0]?.[0];

async function failureOf(work: Promise<unknown>): Promise<StatementError["failure"]> {
  const error: unknown = await work.then(() => null, (reason: unknown) => reason);
  assert.ok(error instanceof StatementError, String(error));
  return error.failure;
}

test("what cannot be put into bytes fails as what it is, is never sent, and leaves the connection as it was", { timeout: 60_000 }, async (t) => {
  const database = open(t);
  const before = await pidOf(database);
  // More values than a message has room to count.
  await assert.rejects(database.repeated(SUM, Array.from({ length: 40_000 }, () => 1)), RangeError);
  // Whoever waited behind it is served, too.
  const [bad, good] = await Promise.allSettled([database.repeated(SUM, Array.from({ length: 40_000 }, () => 1)), database.repeated(SUM, [1])]);
  assert.equal(bad.status, "rejected");
  assert.deepEqual(good, { status: "fulfilled", value: [["2"]] });
  assert.equal(await pidOf(database), before);
});

test("an error of the server ends its exchange alone, whether it comes while parsing, binding or executing, and again", { timeout: 60_000 }, async (t) => {
  const database = open(t);
  const before = await pidOf(database);
  const cases: readonly (readonly [string, string | number, string])[] = [
    ["selec $1", 1, "42601"], ["select nothing_such($1::int)", 1, "42883"], [SUM, "one", "22P02"], ["select 1 / $1::int", 0, "22012"],
    ["select generate_series(1, 3) / (3 - generate_series(1, 3)) + $1::int", 0, "22012"],
  ];
  for (const [statement, value, state] of cases) {
    // The second time, the connection may know the statement.
    for (let times = 0; times < 2; times++) {
      const failure = await failureOf(database.repeated(statement, [value]));
      assert.equal(failure.kind === "refused" ? failure.state : failure.kind, state, statement);
      assert.deepEqual(await database.repeated(SUM, [1]), [["2"]], "the next exchange has its own rows only");
    }
  }
  assert.equal(await pidOf(database), before);
});

test("a connection that the server ends while an exchange waits is lost with it, and the next one has another", { timeout: 60_000 }, async (t) => {
  const [database, other] = [open(t), open(t)];
  const pid = await pidOf(database);
  const waiting = failureOf(database.repeated("select pg_sleep($1)", [50]));
  while ((await other.query("select 1 from pg_stat_activity where pid = $1 and query like '%pg_sleep%' and state = 'active'", [pid])).length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await other.query("select pg_terminate_backend($1)", [pid]);
  assert.equal((await waiting).kind, "lost");
  assert.deepEqual(await database.repeated(SUM, [1]), [["2"]]);
  assert.notEqual(await pidOf(database), pid);
});

test("a connection that breaks without a word while an exchange waits is lost with it", { timeout: 60_000 }, async (t) => {
  const hole = await openBlackHole(url);
  t.after(() => hole.close());
  const database = open(t, hole.url);
  const pid = await pidOf(database);
  const isSent = hole.sends("pg_sleep");
  const waiting = failureOf(database.repeated("select pg_sleep($1)", [50]));
  await isSent;
  hole.breakOpen();
  assert.equal((await waiting).kind, "lost");
  assert.notEqual(await pidOf(database), pid);
  // The server has heard nothing of it: its snapshot would hold up whoever waits for older ones.
  await database.query("select pg_terminate_backend($1)", [pid]);
});

test("an exchange without an answer ends at the limit as lost, and what comes late is nobody's", { timeout: 60_000 }, async (t) => {
  const hole = await openBlackHole(url);
  t.after(() => hole.close());
  const database = open(t, hole.url, 1_000);
  const pid = await pidOf(database);
  assert.deepEqual(await database.repeated(SUM, [1]), [["2"]]);
  hole.swallow("evenkeel_", "after");
  assert.equal((await failureOf(database.repeated(SUM, [2]))).kind, "lost");
  assert.deepEqual(await database.repeated(SUM, [5]), [["6"]]);
  assert.notEqual(await pidOf(database), pid);
});
