// The breaker commands against a real database, on rows as workers write them.
import assert from "node:assert/strict";
import test from "node:test";
import { openPostgres } from "@evenkeel/postgres";
import { record, records, scene } from "./testing/scene.ts";

test("shared breakers are listed and reset, and the audit trail tells who did it", async (t) => {
  const at = scene(t);
  await at.app();
  assert.equal((await at.evenkeel("breakers", "list")).out, "No shared breaker has ever opened.\n");
  const store = openPostgres({ url: at.url, schema: at.schema, log: () => undefined, poolSize: 1 });
  t.after(() => store.close());
  for (const operation of ["card.charge", "carrier.book"]) {
    await store.changeBreaker({ operation, version: 0, kind: "open", forMs: 0, by: "w1/shipping" });
    await store.changeBreaker({ operation, version: 1, kind: "probe", forMs: 60_000, by: "w2/shipping" });
  }
  const [charge, book] = records((await at.json("breakers", "list")).value);
  assert.deepEqual([charge?.["operation"], charge?.["phase"], charge?.["prober"], charge?.["opened"]], ["card.charge", "halfOpen", "w2/shipping", 1]);
  assert.equal(book?.["operation"], "carrier.book");
  assert.match((await at.evenkeel("breakers", "list")).out, /card\.charge +probing .* under way by w2\/shipping/);
  const reset = await at.evenkeel("breakers", "reset", "card.charge", "--actor", "ann", "--note", "the bank is back");
  assert.deepEqual([reset.code, reset.out], [0, "closed the breaker of card.charge, which was probing.\n"]);
  const again = await at.json("breakers", "reset", "card.charge");
  assert.deepEqual([again.code, record(again.value)["was"]], [0, "closed"], "doing it twice is harmless");
  const rows = records((await at.json("breakers", "list")).value);
  assert.deepEqual(rows.map((one) => [one["operation"], one["phase"], one["resets"]]), [["card.charge", "closed", 2], ["carrier.book", "halfOpen", 0]]);
  const audit = records((await at.json("breakers", "audit", "--operation", "card.charge")).value);
  assert.deepEqual([audit.length, audit[1]?.["actor"], audit[1]?.["note"], audit[1]?.["was"]], [2, "ann", "the bank is back", "halfOpen"]);
  assert.match((await at.evenkeel("breakers", "audit")).out, /ann +card\.charge +probing +the bank is back/);
});

test("a breaker that is not in the store is told apart from wrong words", async (t) => {
  const at = scene(t);
  await at.app();
  const unknown = await at.evenkeel("breakers", "reset", "card.charge");
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /^BREAKER_NOT_FOUND: Operation 'card\.charge' has no shared breaker/);
  assert.equal((await at.evenkeel("breakers", "reset")).code, 2);
  assert.equal((await at.evenkeel("breakers", "audit", "--limit", "0")).code, 2);
});
