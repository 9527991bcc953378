// Anomalies of two versions side by side (A25) and of tenants that share ids (A30).
import test from "node:test";
import { command, entity, event, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers, arrival, check } from "../index.ts";
import { assertBroken, assertFixed } from "./pinned.ts";

const id = z.object({ id: z.string() });
const key = (one: { readonly id: string }): string => one.id;
const Place = command("place", { key, data: id });

test("A25: a message of a new shape that the old version reads its own way is misread; a field that says which is which is not", async () => {
  const Amount = event("amount", { key, data: z.object({ id: z.string(), amount: z.number(), unit: z.enum(["pounds", "pence"]).optional() }) });
  const Total = entity("total", { data: z.object({ pence: z.number() }) });
  const selling = (says: "pounds" | "pence" | "pence, and says so") => service("selling", { emits: [Amount] })
    .on(Place, ({ id: one }, { emit }) => { emit(Amount(says === "pounds" ? { id: one, amount: 1 } : { id: one, amount: 100, ...(says === "pence" ? {} : { unit: "pence" as const }) })); });
  const totals = service("totals", { entities: { total: Total } })
    .on(Amount, ({ id: one, amount, unit }, { total }) => { total.put(one, { pence: unit === "pence" ? amount : amount * 100 }); });
  const checked = (says: "pence" | "pence, and says so") => check({
    system: [selling("pounds"), totals], versions: [selling(says)], when: [Place({ id: "o" })],
    invariants: { "a pound is a hundred pence": (s) => s.totals.total.every(({ pence }) => pence === 100) },
    sometimes: { "it is counted": (s) => s.totals.total.length === 1 },
  });
  assertBroken(await checked("pence"), "a pound is a hundred pence", 3);
  assertFixed(await checked("pence, and says so"), 5);
});

const bank = port("bank", { charge: { input: z.object({ pence: z.number() }), ok: z.object({}) } });
const Bill = entity("bill", { data: z.object({ pence: z.number() }) });
const Order = command("order", { key: (one) => one.id, data: z.object({ company: z.string(), id: z.string(), pence: z.number() }) });
const billing = service("billing", { entities: { bill: Bill }, ports: { bank } })
  .on(Order, async ({ id: one, pence }, { bill, call }) => {
    if ((await bill.get(one)) !== undefined) return;
    bill.put(one, { pence });
    call(bank.charge, { key: one, input: { pence } });
  })
  .outcome(bank.charge, { ok: () => undefined, notPerformed: () => undefined, unknown: (_, { reconcile }) => { reconcile(); } });

test("A30: two companies with an order 1 share its documents and its charge, unless they are tenants: then not even the door's keys meet", async () => {
  const checked = (areTenants: boolean) => check({
    system: [billing], ports: [answers(bank, { charge: { ok: {} } })], faults: { duplicates: 1 },
    when: [{ company: "north", id: "1", pence: 10 }, { company: "south", id: "1", pence: 20 }].map((one) =>
      arrival(Order(one), { idempotencyKey: areTenants ? one.id : `${one.company} ${one.id}`, tenant: areTenants ? one.company : "default" })),
    eventually: {
      "each is charged its own": (s) => [10, 20].every((pence) => s.provider["bank.charge"].filter((one) => one.input.pence === pence && one.applied === 1).length === 1),
    },
  });
  assertBroken(await checked(false), "each is charged its own", 6);
  assertFixed(await checked(true), 25);
});
