// What a connection makes of named statements, and what becomes of them where a pooler brings a name to a connection that has another mind of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Database } from "./connection.ts";
import { StatementNames } from "./statement-names.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

test("A repeated statement is kept by its connection, and one that was forgotten there is asked for again without a name, for good", async () => {
  const database = Database.open(url, 1, 20_000, () => undefined);
  const kept = async (): Promise<number> => Number((await database.query("select count(*) from pg_prepared_statements where name like 'evenkeel_%'"))[0]?.[0]);
  const ask = () => database.repeated("select $1::int + 1", [1]);
  try {
    assert.deepEqual(await ask(), [["2"]]);
    assert.deepEqual(await ask(), [["2"]]);
    assert.equal(await kept(), 1);
    // As a pooler does that hands the statement to another connection.
    await database.query("deallocate all");
    assert.deepEqual(await ask(), [["2"]]);
    assert.deepEqual(await ask(), [["2"]]);
    assert.equal(await kept(), 0);
  } finally {
    await database.close();
  }
});

test("An error of the statement itself is no trouble with its name", async () => {
  const database = Database.open(url, 1, 20_000, () => undefined);
  try {
    await assert.rejects(database.repeated("select 1 / $1::int", [0]), /division by zero/);
    await assert.rejects(database.repeated("select 1 / $1::int", [0]), /division by zero/);
    assert.equal((await database.query("select count(*) from pg_prepared_statements where name like 'evenkeel_%'"))[0]?.[0], "1");
  } finally {
    await database.close();
  }
});

test("A name stands for one text, and the hundredth text has the last", () => {
  const names = new StatementNames();
  assert.equal(names.nameOf("select 1"), names.nameOf("select 1"));
  assert.equal(names.nameOf("select 1"), new StatementNames().nameOf("select 1"));
  assert.notEqual(names.nameOf("select 1"), names.nameOf("select 2"));
  for (let index = 2; index < 100; index++) assert.ok(names.nameOf(`select ${String(index)} + 1`) !== undefined);
  assert.equal(names.nameOf("one more"), undefined);
});
