// Processes of several versions on one schema: entities that either adds, functions that only one of them knows, and what a worker makes of one that
// is missing. Which function calls which is the business of schema/signatures.int.test.ts.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createAppOn, entity, event, service, type Schema } from "@evenkeel/core";
import type { Log } from "@evenkeel/core/spi";
import { quote } from "./connection.ts";
import { nodeHost } from "./node-host.ts";
import { openPostgres } from "./store.ts";
import { writeDocumentsFunction } from "./schema/documents.ts";
import { failureOf, freshSchema, manifestOf, oneOwner, put, see, type Place } from "./testing/one-owner.ts";

const data: Schema<{ readonly id: string }> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? { value: { id: value.id } } : { issues: [{ message: "needs id" }] } },
};
const OrderPlaced = event("order.placed", { key: (order) => order.id, data });
const Bill = entity("bill", { data });
const Note = entity("note", { data });
const billing = service("billing", { entities: { bill: Bill } }).on(OrderPlaced, async (order, { bill }) => { await bill.get(order.id); bill.put(order.id, order); });
const notes = service("notes", { entities: { note: Note } }).on(OrderPlaced, async (order, { note }) => { await note.get(order.id); note.put(order.id, order); });

/** The application before and after it got another service with an entity. */
const BEFORE = [billing] as const;
const AFTER = [billing, notes] as const;

async function openApp(t: TestContext, { url, schema }: Place, services: typeof BEFORE | typeof AFTER, log: Log = () => undefined) {
  const store = openPostgres({ url, schema, log, poolSize: 4 });
  const settings = { partitions: 2, spread: "partitions", stopWithinMs: 5_000 } as const;
  const app = await createAppOn({ services, accepts: [OrderPlaced], host: nodeHost(log), store, settings });
  t.after(() => app.stop());
  await app.start();
  return app;
}

/** What a version leaves of an entity that does not know the functions which load it and write all. */
async function asAddedBefore({ s, database }: Place, name: string, others: readonly string[]): Promise<void> {
  await database.query(`drop function ${s}.${quote(`load_${name}`)}`);
  await database.session((client) => client.command(writeDocumentsFunction(s, others, quote)));
}

async function madeOf({ s, database }: Place, name: string): Promise<{ readonly loads: boolean; readonly isNamed: boolean }> {
  const [row] = await database.query(`
    select exists (select from pg_proc where pronamespace = $1::regnamespace and proname = 'load_' || $2),
      exists (select from pg_proc where pronamespace = $1::regnamespace and proname = 'write_documents_1' and prosrc like '%write_' || $2 || '%')`, [s, name]);
  return { loads: row?.[0] === "t", isNamed: row?.[1] === "t" };
}

test("an entity that an older version added to the schema of a newer one has all its functions once a newer process knows it", { timeout: 90_000 }, async (t) => {
  const place = freshSchema(t);
  const first = await openApp(t, place, BEFORE);
  // A process of the older version, with the application's newer code.
  await place.store().prepare({ ...manifestOf("bill", "note"), partitions: 2 });
  await asAddedBefore(place, "note", ["bill"]);
  assert.deepEqual(await madeOf(place, "note"), { loads: false, isNamed: false });

  const next = await openApp(t, place, AFTER);
  assert.deepEqual([await madeOf(place, "note"), await madeOf(place, "bill")], Array.from({ length: 2 }, () => ({ loads: true, isNamed: true })));
  const receipt = await first.publish(OrderPlaced({ id: "o-1" }));
  await next.handled(receipt, { by: billing });
  await next.handled(receipt, { by: notes });
  assert.deepEqual([await next.read(Bill, "o-1"), await next.read(Note, "o-1")], [{ id: "o-1" }, { id: "o-1" }]);
});

test("an entity that a newer process adds leaves those of older ones as they were, and an older process that comes later leaves it", { timeout: 90_000 }, async (t) => {
  const place = freshSchema(t);
  const before = await openApp(t, place, BEFORE);
  await before.handled(await before.publish(OrderPlaced({ id: "o-1" })), { by: billing });
  const after = await openApp(t, place, AFTER);
  const late = await openApp(t, place, BEFORE);
  assert.deepEqual([await madeOf(place, "note"), await madeOf(place, "bill")], Array.from({ length: 2 }, () => ({ loads: true, isNamed: true })));
  for (const [app, id] of [[before, "o-2"], [after, "o-3"], [late, "o-4"]] as const) {
    const receipt = await app.publish(OrderPlaced({ id }));
    await app.handled(receipt, { by: billing });
    await after.handled(receipt, { by: notes });
    assert.deepEqual([await app.read(Bill, id), await after.read(Note, id)], [{ id }, { id }]);
  }
});

test("an entity that the function which writes for all does not name is written all the same", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  const owner = await oneOwner(t, place, "bill", "note");
  await place.database.session((client) => client.command(writeDocumentsFunction(place.s, ["bill"], quote)));
  assert.equal((await owner.commit({ documents: [put("note", "k", 0, 1), put("bill", "k", 0, 1)] })).kind, "committed");
  assert.equal((await owner.commit({ documents: [put("note", "k", 1, 2)] })).kind, "committed");
  assert.equal((await owner.commit({ documents: [put("note", "k", 1, 3)] })).kind, "conflict");
  assert.deepEqual(await see(owner.store, "note", "k"), [2, 2]);
});

test("in a schema that a later version made, a process finds what it calls, and changes nothing of the later one's", { timeout: 90_000 }, async (t) => {
  const place = freshSchema(t);
  const { s, database } = place;
  await place.store().prepare({ ...manifestOf("bill"), partitions: 2 });
  // That one has others for these, and has made this one better.
  await database.query(`update ${s}.setting set value = '1000' where name = 'functions'`);
  for (const name of ["commit_4", "read_2", "request_calls_1", "write_documents_1"]) await database.query(`drop function ${s}.${name}`);
  await database.query(`drop procedure ${s}.publish_and_tell_2`);
  const [tails] = await database.query("select pg_get_functiondef(oid) from pg_proc where pronamespace = $1::regnamespace and proname = 'tails_1'", [s]);
  await database.query((tails?.[0] ?? "").replace("begin", "-- Better.\nbegin"));
  const texts = () => database.query(`select oid, proname, prosrc from pg_proc where pronamespace = $1::regnamespace and proname in ('tails_1', 'load_bill', 'write_bill')`, [s]);
  const before = await texts();

  const app = await openApp(t, place, BEFORE);
  await app.handled(await app.publish(OrderPlaced({ id: "o-1" })), { by: billing });
  assert.deepEqual(await app.read(Bill, "o-1"), { id: "o-1" });
  assert.deepEqual(await texts(), before);
  assert.deepEqual(await database.query(`select value from ${s}.setting where name = 'functions'`), [["1000"]]);
});

test("a function that is missing is trouble of the store: what calls it is told so and tried again, and no message is blamed", { timeout: 90_000 }, async (t) => {
  const place = freshSchema(t);
  const { s, database } = place;
  const trouble: string[] = [];
  let said: () => void = () => undefined;
  const app = await openApp(t, place, BEFORE, (_level, name, fields) => {
    if (name !== "commit.failed") return;
    trouble.push(JSON.stringify(fields));
    said();
  });
  await app.handled(await app.publish(OrderPlaced({ id: "o-1" })), { by: billing });
  await database.query(`drop function ${s}.write_bill`);
  const receipt = await app.publish(OrderPlaced({ id: "o-2" }));
  // A message that was rejected would stand among the parked ones by the second failure.
  while (trouble.length < 3) await new Promise<void>((resolve) => { said = resolve; });
  for (const one of trouble) assert.match(one, /inDoubt.*no function that this version calls.*write_bill.*42883.*evenkeel migrate/s);
  assert.deepEqual(await database.query(`select 1 from ${s}.parked`), []);
  await place.store().prepare({ ...manifestOf(), partitions: 2 });
  await app.handled(receipt, { by: billing });
  assert.deepEqual(await app.read(Bill, "o-2"), { id: "o-2" });
});

test("so it is where something else is asked than a commit", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  const { s, database } = place;
  const { store } = await oneOwner(t, place, "bill");
  for (const name of ["load_bill", "tails_1"]) await database.query(`drop function ${s}.${name}`);
  for (const work of [see(store, "bill", "k"), store.tails()]) {
    const { code, message } = await failureOf(work);
    assert.equal(code, "STORE_UNAVAILABLE");
    assert.match(message, /no function that this version calls.*42883/s);
  }
});
