// The pooler really pools by transaction: otherwise running the suite behind it would prove nothing.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { databaseVariable } from "../test/database.ts";
import { findPgBouncer, startPooler } from "./pooler.ts";

const absent = findPgBouncer() === undefined ? "PgBouncer is not installed here" : false;

test("a backend belongs to a client for one transaction, not for its connection", { skip: absent }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "pooler-"));
  chmodSync(folder, 0o711);
  const pooler = await startPooler(process.env[databaseVariable] ?? "", join(folder, "bouncer"));
  const [one, other] = [new pg.Client(pooler.url), new pg.Client(pooler.url)];
  try {
    await one.connect();
    await other.connect();
    const pid = async (client: pg.Client): Promise<unknown> => (await client.query("select pg_backend_pid() as pid")).rows[0];
    // Between transactions both clients get the one backend that is free; inside one, each has its own.
    assert.deepEqual(await pid(one), await pid(other));
    await one.query("begin");
    const held = await pid(one);
    assert.notDeepEqual(await pid(other), held);
    await one.query("commit");
  } finally {
    await one.end();
    await other.end();
    await pooler.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
