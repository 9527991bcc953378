// Cart to delivery on PostgreSQL: runs that wait outlive the process that began them, and are cancelled or completed by the next.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createApp } from "evenkeel";
import { testDatabase, until } from "../testing/scene.ts";
import { delivery } from "./delivery.ts";
import { TWO_SHIPMENTS } from "./testing/deliveryScene.ts";
import { providers } from "./testing/providers.ts";

const accepts = [delivery.start, delivery.cancel, delivery.callback] as const;

test("a process that ends while a person reviews is followed by one that delivers the order, and by none that does anything twice", async () => {
  const schema = `test_delivery_${randomBytes(5).toString("hex")}`;
  const { did, ports, token } = providers(TWO_SHIPMENTS);
  const open = () => createApp({ services: [delivery], accepts, ports, schema, database: testDatabase(), log: () => undefined, settings: { leaseMs: 1_000 } });
  const cart = { orderId: "o-1", country: "France", lines: [{ sku: "LAMP", quantity: 1 }, { sku: "MUG", quantity: 2 }] };

  const first = await open();
  await first.start();
  await first.publish(delivery.start({ id: "o-1", input: cart }), { idempotencyKey: "o-1" });
  await until("the review", () => Promise.resolve(did.includes("reviews.open o-1")));
  await first.stop();

  const second = await open();
  await second.start();
  const verdict = delivery.callback({ token: token("review"), data: { approved: true, by: "Ada" } });
  await second.publish(verdict);
  await second.publish(verdict);
  await until("the warehouse", () => Promise.resolve(did.includes("warehouse.notify s-1") && did.includes("warehouse.notify s-2")));
  for (const shipmentId of ["s-1", "s-2"]) await second.publish(delivery.callback({ token: token(`pick ${shipmentId}`), data: { picked: true } }));
  await until("the delivery", async () => (await second.read(delivery.run, "o-1"))?.status === "completed");
  await second.publish(delivery.cancel({ id: "o-1", reason: "too late" }));
  await until("the refusal", async () => (await second.read(delivery.run, "o-1"))?.strays.length === 2);

  const run = await second.read(delivery.run, "o-1");
  assert.deepEqual(run?.result, { shipped: ["s-1", "s-2"], paidBack: [] });
  assert.equal(new Set(did).size, did.length);
  assert.deepEqual(did.filter((one) => one.startsWith("bank.")), ["bank.authorize o-1", "bank.capture o-1"]);
  assert.equal(run.strays.at(-1)?.name, "delivery.cancel");
  await second.transaction((sql) => sql.query(`drop schema "${schema}" cascade`));
  await second.stop();
});
