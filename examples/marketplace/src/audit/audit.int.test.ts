// The audit can fail: for every invariant a violation is planted, and found under its name.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LedgerEntry } from "../provider/contract.ts";
import { CancelOrder, ReturnGoods } from "../orders/messages.ts";
import { openScene, until, type Scene } from "../testing/scene.ts";
import { audit } from "./audit.ts";

let scene: Scene;
let ledger: readonly LedgerEntry[];

before(async () => {
  scene = await openScene();
  await scene.stock({ mug: { units: 100, pence: 250 }, jug: { units: 100, pence: 400 } });
  await scene.place("confirmed", { mug: 2, jug: 1 }, { customer: "anna" });
  await scene.place("compensated", { mug: 2 }, { country: "Unspecified" });
  await scene.reaches("order", "confirmed", "confirmed");
  await scene.reaches("order", "compensated", "compensated");
  await scene.app.publish(ReturnGoods({ returnId: "back", customer: "anna", returnedAt: "2011-03-09T00:00:00.000Z", lines: [{ sku: "mug", quantity: 1 }] }));
  await scene.reaches("goods_return", "back", "completed");
  await scene.app.publish(CancelOrder({ orderId: "confirmed" }));
  await until("all messages", async () => (await scene.query(`select 1 from "${scene.schema}".entity_notification`)).length === 3);
  await until("the last word", async () => (await scene.query(`select 1 from "${scene.schema}".log where name in ('customer.notified', 'cancel.refused')`)).length === 4);
  ledger = await scene.ledger();
});
after(() => scene.close());

/** Audits with something planted, and takes it back. */
async function found(plant: readonly string[], entries: readonly LedgerEntry[] = ledger): Promise<string[]> {
  const s = `"${scene.schema}"`;
  let report: string[] = [];
  const undone = new Error("undone");
  await scene.app.transaction(async (sql) => {
    for (const statement of plant) await sql.query(statement.replaceAll("$s", s));
    const inside = { transaction: <T>(work: (session: typeof sql) => Promise<T>): Promise<T> => work(sql) };
    const { violations } = await audit(inside, scene.schema, "choreography", (async function* () { yield* entries; })());
    report = violations.map(({ invariant, key }) => `${invariant.slice(0, 5)} ${key}`);
    throw undone;
  }).catch((error: unknown) => { if (error !== undone) throw error; });
  return [...new Set(report)].sort();
}

const put = (entity: string, key: string, path: string, value: string): string =>
  `update $s.entity_${entity} set body = jsonb_set(body::jsonb, '{${path}}', '${value}')::json where key = '${key}'`;
const copyLog = (name: string, key: string): string => `
  insert into $s.log (position, partition, version, occurred_at, id, causation_id, name, tenant, key, correlation_id, trace, body)
  select nextval('$s.log_position'), partition, version, occurred_at, gen_random_uuid(), causation_id, name, tenant, key, correlation_id, trace, body
  from $s.log where name = '${name}' and key = '${key}'`;

test("nothing is found where nothing was planted, and something was looked at for every invariant", async () => {
  assert.deepEqual(await found([]), []);
  const { checked } = await scene.audit();
  assert.equal(Object.keys(checked).length, 9);
  for (const [invariant, count] of Object.entries(checked)) assert.ok(count > 0, `${invariant} looked at nothing`);
});

test("INV-1: a unit that vanished, and one that was sold and never taken", async () => {
  assert.deepEqual(await found([put("stock", "mug", "onHand", "5")]), ["INV-1 mug"]);
  assert.deepEqual(await found([put("hold_lines", "confirmed", "lines,1,quantity", "2")]), ["INV-1 jug"]);
});

test("INV-2: a second charge of one order", async () => {
  const [first] = ledger;
  assert.ok(first !== undefined);
  assert.deepEqual(await found([], [...ledger, { ...first, id: "ch_2nd", key: "default/confirmed/charge-again" }]), ["INV-2 confirmed", "INV-4 confirmed"]);
});

test("INV-3: a compensated order that still holds stock, and one whose money was kept", async () => {
  assert.ok((await found([put("hold", "compensated", "state", '"held"')])).includes("INV-3 compensated"));
  assert.deepEqual(await found([], ledger.filter((one) => one.key !== "default/compensated/refund")), ["INV-3 compensated"]);
});

test("INV-4: a confirmed order without its charge, with another amount, or with its hold unsold", async () => {
  assert.ok((await found([], ledger.filter((one) => one.key !== "default/confirmed/charge"))).includes("INV-4 confirmed"));
  assert.deepEqual(await found([put("order", "confirmed", "pence", "1")]), ["INV-4 confirmed"]);
  assert.ok((await found([put("hold", "confirmed", "state", '"held"')])).includes("INV-4 confirmed"));
});

test("INV-5: an order that stands still, and one that was taken at the door and lost", async () => {
  assert.ok((await found([put("order", "confirmed", "status", '"paid"')])).includes("INV-5 confirmed"));
  assert.ok((await found(["delete from $s.entity_order where key = 'confirmed'"])).includes("INV-5 confirmed"));
  assert.ok((await found([put("goods_return", "back", "status", '"accepted"')])).includes("INV-5 back"));
});

test("INV-6: a customer told twice, told nothing, or told something else", async () => {
  assert.deepEqual(await found([copyLog("customer.notified", "confirmed")]), ["INV-6 confirmed"]);
  assert.deepEqual(await found(["delete from $s.entity_notification where key = 'back'"]), ["INV-6 back"]);
  assert.deepEqual(await found([put("notification", "confirmed", "outcome", '"cancelled"')]), ["INV-6 confirmed"]);
});

test("INV-7: a release, a restocking or a refund that was applied twice", async () => {
  assert.deepEqual(await found([copyLog("stock.released", "compensated")]), ["INV-7 compensated"]);
  assert.deepEqual(await found([copyLog("goods.restocked", "back")]), ["INV-7 back"]);
  const refund = ledger.find((one) => one.key === "default/compensated/refund");
  assert.ok(refund !== undefined);
  assert.deepEqual(await found([], [...ledger, refund]), ["INV-3 compensated", "INV-7 compensated", "INV-7 default/compensated/refund"]);
});

test("INV-8: a refund that is stuck while its order or return pretends otherwise", async () => {
  assert.deepEqual(await found([put("payment", "compensated", "state", '"refund stuck"')]), ["INV-8 compensated"]);
  assert.deepEqual(await found([put("refund", "back", "parts,0,state", '"refund stuck"')]), ["INV-8 back"]);
});

test("INV-9: a status that its history does not lead to", async () => {
  assert.ok((await found([put("order", "compensated", "status", '"cancelled"')])).includes("INV-9 compensated"));
  assert.deepEqual(await found([put("order", "confirmed", "history", "[]")]), ["INV-9 confirmed"]);
});

test("half a ledger is not audited", async () => {
  const broken = (async function* (): AsyncGenerator<LedgerEntry> {
    yield* ledger.slice(0, 1);
    throw new Error("the ledger was cut short");
  })();
  await assert.rejects(audit(scene.app, scene.schema, "choreography", broken), /cut short/);
});
