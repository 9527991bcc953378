// Names of entities as names of tables: which are refused, which an earlier version left behind, and which only look alike.
import assert from "node:assert/strict";
import { test } from "node:test";
import { quote } from "./connection.ts";
import { entityTable, writeDocumentsFunction } from "./schema/documents.ts";
import { failureOf, freshSchema, manifestOf, oneOwner, put, see, type Place } from "./testing/one-owner.ts";

const name = (length: number, end = ""): string => "e".repeat(length - end.length) + end;

/** As a version did that let PostgreSQL cut the names. */
async function asBefore({ s, schema, database }: Place, entities: readonly string[]): Promise<void> {
  for (const entity of entities) {
    await database.session((client) => client.command(entityTable(s, schema, entity, quote)));
    await database.query(`insert into ${s}.entity values ($1)`, [entity]);
  }
  await database.session((client) => client.command(writeDocumentsFunction(s, entities, quote)));
}

test("the longest name that fits is an entity's, and a longer one is refused before anything is made for it", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  const owner = await oneOwner(t, place, name(56, "a"), name(56, "b"));
  assert.equal((await owner.commit({ documents: [put(name(56, "a"), "k", 0, "a"), put(name(56, "b"), "k", 0, "b")] })).kind, "committed");
  assert.deepEqual(await see(owner.store, name(56, "a"), "k"), [1, "a"]);
  assert.deepEqual(await see(owner.store, name(56, "b"), "k"), [1, "b"]);

  const { code, message } = await failureOf(owner.store.prepare(manifestOf("order", name(57))));
  assert.equal(code, "NAME_INVALID");
  assert.ok(message.includes(name(57)) && message.includes("57") && message.includes("56"), message);
  assert.deepEqual(await place.database.query(`select name from ${place.s}.entity where name not like 'eee%'`), []);
});

test("entities whose names were cut to one table are refused together; one alone goes on with it, and nobody else gets it", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  await place.store().prepare(manifestOf());
  const [one, other] = [name(60, "1"), name(60, "2")];
  await asBefore(place, [one, other]);

  const { code, message } = await failureOf(place.store().prepare(manifestOf(one, "order", other)));
  assert.equal(code, "NAME_INVALID");
  assert.ok(message.includes(one) && message.includes(other) && message.includes(`entity_${name(56)}`), message);

  const owner = await oneOwner(t, place, one, "order");
  assert.equal((await owner.commit({ documents: [put(one, "k", 0, "kept"), put("order", "k", 0, "new")] })).kind, "committed");
  assert.deepEqual(await see(owner.store, one, "k"), [1, "kept"]);
  assert.equal((await place.database.query(`select 1 from ${place.s}.${quote(`entity_${name(56)}`)}`)).length, 1, "in the table that it had");

  const short = await failureOf(place.store().prepare(manifestOf(one, name(56))));
  assert.equal(short.code, "STORE_REFUSED");
  assert.ok(short.message.includes(`entity_${name(56)}`), short.message);
});

test("an entity called as the index of another's table would be is another entity", { timeout: 60_000 }, async (t) => {
  const owner = await oneOwner(t, freshSchema(t), "order", "order_pkey");
  assert.equal((await owner.commit({ documents: [put("order", "k", 0, 1), put("order_pkey", "k", 0, 2)] })).kind, "committed");
  assert.deepEqual(await see(owner.store, "order", "k"), [1, 1]);
  assert.deepEqual(await see(owner.store, "order_pkey", "k"), [1, 2]);
});

test("a new entity is refused whose table's name is taken, by the index of an earlier version or by anybody's table", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  await place.store().prepare(manifestOf("order"));
  await place.database.query(`alter index ${place.s}.pkey_order rename to entity_order_pkey`);
  await place.database.query(`create table ${place.s}.entity_note (n int)`);
  for (const entity of ["order_pkey", "note"]) {
    const { code, message } = await failureOf(place.store().prepare(manifestOf("order", entity)));
    assert.equal(code, "STORE_REFUSED");
    assert.ok(message.includes(`entity_${entity}`), message);
  }
  assert.deepEqual(await place.database.query(`select name from ${place.s}.entity`), [["order"]]);
});
