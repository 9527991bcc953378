// The walks of replay-walks.test.ts on PostgreSQL.
import assert from "node:assert/strict";
import test from "node:test";
import { onPostgres } from "@evenkeel/testkit/replay";
import { FAULTS, walkTwice } from "./testing/walks.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const WALKS = Number(process.env["CHECK_WALKS"] ?? 2);
const SEED = Number(process.env["CHECK_SEED"] ?? Date.now() % 1_000_000);

test(`walks are played again on PostgreSQL as the checker took them (CHECK_SEED=${String(SEED)})`, { timeout: 240_000 }, async () => {
  const kinds = new Set<string>();
  for (const [index, faults] of FAULTS.entries()) {
    for (let walk = 0; walk < WALKS; walk++) for (const kind of await walkTwice(faults, SEED + 1_000 * index + walk, 40, onPostgres({ url }))) kinds.add(kind);
  }
  for (const kind of ["arrives", "handles", "performs"]) assert.ok(kinds.has(kind), `no walk had '${kind}'`);
});
