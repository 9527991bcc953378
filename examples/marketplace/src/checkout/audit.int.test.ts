// The orchestrated marketplace on PostgreSQL: its failures, and an audit that can fail. What the styles do not share is planted and found here;
// the rest is audit/audit.int.test.ts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { audit } from "../audit/audit.ts";
import { CancelOrder, ReturnGoods } from "../orders/messages.ts";
import type { LedgerEntry } from "../provider/contract.ts";
import { openScene, until, type Scene } from "../testing/scene.ts";
import { checkout } from "./checkout.ts";

let scene: Scene;
before(async () => {
  scene = await openScene(undefined, "workflow");
  await scene.stock({ mug: { units: 100, pence: 250 }, rare: { units: 1, pence: 900 } });
});
after(() => scene.close());

/** Audits with something planted, and takes it back. */
async function found(...plant: readonly string[]): Promise<string[]> {
  const ledger = await scene.ledger();
  const report: string[] = [];
  const undone = new Error("undone");
  await scene.app.transaction(async (sql) => {
    for (const statement of plant) await sql.query(statement.replaceAll("$s", `"${scene.schema}"`));
    const inside = { transaction: <T>(work: (session: typeof sql) => Promise<T>): Promise<T> => work(sql) };
    const entries = (async function* (): AsyncGenerator<LedgerEntry> { yield* ledger; })();
    const { violations } = await audit(inside, scene.schema, "workflow", entries);
    report.push(...violations.map(({ invariant, key }) => `${invariant.slice(0, 5)} ${key}`));
    throw undone;
  }).catch((error: unknown) => { if (error !== undone) throw error; });
  return [...new Set(report)].sort();
}

test("orders end as they do without a coordinator: confirmed, rejected, refused, compensated, with a lost answer, with the provider down", async () => {
  await scene.place("w-confirmed", { mug: 2 }, { customer: "anna" });
  await scene.place("w-rejected", { rare: 2 });
  await scene.place("w-refused", { unheard: 1 });
  await scene.place("w-compensated", { mug: 3 }, { country: "Unspecified" });
  await scene.reaches("order", "w-confirmed", "confirmed");
  await scene.reaches("order", "w-rejected", "rejected");
  await scene.reaches("order", "w-refused", "refused");
  assert.equal((await scene.reaches("order", "w-compensated", "compensated"))["reason"], "the order names no destination");
  await scene.faults({ dropAfterCharging: 1 });
  await scene.place("w-lost", { mug: 1 });
  await scene.reaches("order", "w-lost", "confirmed");
  await scene.faults({ down: true });
  await scene.place("w-down", { mug: 1 });
  await scene.place("w-cancelled", { mug: 1 });
  await until("the holds", async () => (await scene.read("hold", "w-down")) !== undefined && (await scene.read("hold", "w-cancelled")) !== undefined);
  await scene.app.publish(CancelOrder({ orderId: "w-cancelled" }));
  await scene.reaches("order", "w-cancelled", "cancelling");
  await scene.faults({});
  await scene.reaches("order", "w-down", "confirmed");
  await scene.reaches("order", "w-cancelled", "cancelled");
  await scene.app.publish(ReturnGoods({ returnId: "w-back", customer: "anna", returnedAt: "2011-03-09T00:00:00.000Z", lines: [{ sku: "mug", quantity: 1 }] }));
  await scene.reaches("goods_return", "w-back", "completed");
  await until("all messages", async () => (await scene.query(`select 1 from "${scene.schema}".log where name = 'customer.notified'`)).length === 8);
  const { checked, violations } = await scene.audit();
  assert.deepEqual(violations, []);
  for (const [invariant, count] of Object.entries(checked)) assert.ok(count > 0, `${invariant} looked at nothing`);
});

test("a cancellation after the end is refused", async () => {
  await scene.app.publish(CancelOrder({ orderId: "w-confirmed" }));
  await until("the refusal", async () => (await scene.query(`select 1 from "${scene.schema}".log where name = 'cancel.refused' and key = 'w-confirmed'`)).length === 1);
});

test("INV-9: a status that the run's journal does not lead to, and an order whose run is gone", async () => {
  assert.ok((await found("update $s.entity_order set body = jsonb_set(body::jsonb, '{status}', '\"cancelled\"')::json where key = 'w-compensated'")).includes("INV-9 w-compensated"));
  assert.deepEqual(await found("delete from $s.entity_checkout_run where key = 'w-confirmed'"), ["INV-9 w-confirmed"]);
});

test("INV-8: a refund that was given up in a run that pretends otherwise, and INV-5 for one that says so", async () => {
  const givenUp = `update $s.entity_checkout_run set body = jsonb_set(body::jsonb, '{journal}', (body::jsonb->'journal')
    || '[{"kind":"undo","of":3,"operation":"card.refund","key":"k"},{"kind":"again","of":99,"attempt":5,"at":1,"end":{"outcome":"refused"}}]')::json
    where key = 'w-down'`;
  assert.ok((await found(givenUp)).includes("INV-8 w-down"));
  const saidSo = "update $s.entity_checkout_run set body = jsonb_set(body::jsonb, '{status}', '\"attention\"')::json where key = 'w-down'";
  const now = await found(givenUp, saidSo);
  assert.ok(now.includes("INV-5 w-down") && !now.includes("INV-8 w-down"), now.join());
});

test("a run can be read by its order", async () => {
  const run = await scene.app.read(checkout.run, "w-confirmed");
  assert.equal(run?.status, "completed");
  assert.deepEqual(run.result, { outcome: "confirmed", pence: 500 });
});
