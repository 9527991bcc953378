// Each kind of mutation on a small shop whose properties notice it, and on one whose properties are blind.
import assert from "node:assert/strict";
import test from "node:test";
import { command, entity, event, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers, arrival, checkMutants, mutantsText, scenario, type MutationReport, type Scenario } from "../index.ts";

const id = z.object({ id: z.string() });
const key = (one: { readonly id: string }): string => one.id;
const Buy = command("buy", { key, data: id });
const Refuse = command("refuse", { key, data: id });
const Reserved = event("reserved", { key, data: id });
const Paid = event("paid", { key, data: id });
const Unpaid = event("unpaid", { key, data: id });
const Noted = event("noted", { key, data: id });
const bank = port("bank", { pay: { input: id, ok: z.object({}), failures: { declined: z.object({}) } } });

/** All purchases take from one shelf: their keys differ, and the document does not. */
const shelf = service("shelf", { entities: { stock: entity("stock", { data: z.object({ left: z.number(), held: z.array(z.string()) }) }) }, emits: [Reserved, Noted] })
  .on(Buy, async ({ id: buyer }, { stock, emit }) => {
    const { left, held } = (await stock.get("all")) ?? { left: 3, held: [] };
    if (held.includes(buyer) || left === 0) return;
    stock.put("all", { left: left - 1, held: [...held, buyer] });
    emit(Reserved({ id: buyer }));
    emit(Noted({ id: buyer }));
  })
  .on(Unpaid, async ({ id: buyer }, { stock }) => {
    const { left, held } = (await stock.get("all")) ?? { left: 3, held: [] };
    if (held.includes(buyer)) stock.put("all", { left: left + 1, held: held.filter((one) => one !== buyer) });
  });

const till = service("till", {
  entities: { bill: entity("bill", { data: z.object({ state: z.enum(["asked", "paid", "unpaid", "refused"]), noted: z.boolean() }) }) },
  ports: { bank }, emits: [Paid, Unpaid],
})
  .on(Refuse, async ({ id: buyer }, { bill }) => { if ((await bill.get(buyer)) === undefined) bill.put(buyer, { state: "refused", noted: false }); })
  .on(Reserved, async ({ id: buyer }, { bill, call, emit }) => {
    const before = await bill.get(buyer);
    if (before?.state === "refused") {
      emit(Unpaid({ id: buyer }));
      return;
    }
    if (before !== undefined) return;
    bill.put(buyer, { state: "asked", noted: false });
    call(bank.pay, { key: buyer, input: { id: buyer } });
  })
  .on(Noted, async ({ id: buyer }, { bill }) => {
    const before = await bill.get(buyer);
    if (before !== undefined) bill.put(buyer, { ...before, noted: true });
  })
  .outcome(bank.pay, {
    ok: ({ call }, { bill, emit }) => { bill.put(call.key, { state: "paid", noted: true }); emit(Paid({ id: call.key })); },
    declined: ({ call }, { bill, emit }) => { bill.put(call.key, { state: "unpaid", noted: true }); emit(Unpaid({ id: call.key })); },
    notPerformed: ({ call }, { bill, emit }) => { bill.put(call.key, { state: "unpaid", noted: true }); emit(Unpaid({ id: call.key })); },
    unknown: (_outcome, { reconcile }) => { reconcile(); },
  });

const ledger = service("ledger", { entities: { sale: entity("sale", { data: z.object({ times: z.number() }) }) } })
  .on(Paid, async ({ id: buyer }, { sale }) => { sale.put(buyer, { times: ((await sale.get(buyer))?.times ?? 0) + 1 }); });

const shared = {
  system: [shelf, till, ledger] as const,
  ports: [answers(bank, { pay: { ok: {}, declined: {} } })],
  faults: { ports: { "bank.pay": ["ok", "declined", "unknown-applied", "unknown-not-applied"] as const } },
};

function watchful(): Scenario {
  return scenario({
    ...shared, name: "a shop", when: [arrival(Buy({ id: "a" }), { idempotencyKey: "a" }), arrival(Buy({ id: "b" }), { idempotencyKey: "b" }), Refuse({ id: "a" })],
    invariants: {
      "nothing is lost from the shelf": (s) => s.shelf.stock.every(({ left, held }) => left + held.length === 3),
      "a sale was paid": (s) => s.ledger.sale.every((sale) => s.provider["bank.pay"].some((effect) => effect.key === sale.key && effect.applied === 1)),
      "money taken was asked for": (s) => s.provider["bank.pay"].every((effect) => effect.applied === 0 || s.till.bill.some((bill) => bill.key === effect.key && bill.state !== "refused")),
    },
    eventually: {
      "what was paid is held, and nothing else": (s) => {
        const held = s.shelf.stock.flatMap((stock) => stock.held);
        const paid = s.provider["bank.pay"].filter((effect) => effect.applied === 1).map((effect) => effect.key);
        return held.length === paid.length && paid.every((one) => held.includes(one));
      },
      "what was paid is sold once": (s) => s.provider["bank.pay"].every((effect) => effect.applied === 0 || s.ledger.sale.some((sale) => sale.key === effect.key && sale.times === 1)),
      "b is dealt with": (s) => s.till.bill.some((bill) => bill.key === "b" && bill.state !== "asked" && bill.noted),
    },
    sometimes: { "a is refused": (s) => s.till.bill.some((bill) => bill.key === "a" && bill.state === "refused") },
  });
}

const resultsOf = ({ mutants }: MutationReport): Readonly<Record<string, string>> => Object.fromEntries(mutants.map(({ text, result }) => [text, result]));

test("mutants of handlers, of the door, of commits and of calls are noticed by properties that say enough", async () => {
  const report = await checkMutants(watchful());
  assert.equal(report.base.verdict, "pass", report.base.reason);
  const results = resultsOf(report);
  const killed = [
    "shelf ignores buy", "shelf ignores unpaid", "shelf forgets to say reserved", "shelf writes without comparing versions",
    "till ignores refuse", "till ignores reserved", "till forgets to say paid", "till forgets to say unpaid", "ledger ignores paid",
    "an unknown outcome of bank.pay is taken for ok", "an unknown outcome of bank.pay is taken for declined",
    "an unknown outcome of bank.pay is taken for notPerformed", "bank.pay is called before the commit",
    // A purchase that was refused meanwhile would be made again.
    "the door takes repeats in",
  ];
  for (const text of killed) assert.equal(results[text], "killed", `${text}: ${String(results[text])}\n${mutantsText(report)}`);
  // Only the keys of one purchase meet in the documents of the ledger, and they are handled one after the other.
  assert.equal(results["ledger writes without comparing versions"], "unreached");
});

test("where a check says little, its mutants survive, and the text says what cannot be seen", async () => {
  const report = await checkMutants(scenario({
    ...shared, name: "a blind shop", when: [Buy({ id: "a" })], invariants: { "stock is never negative": (s) => s.shelf.stock.every(({ left }) => left >= 0) },
  }));
  assert.ok(report.mutants.every(({ result }) => result !== "killed"));
  assert.match(mutantsText(report), /^a blind shop: 0 of \d+ mutants are noticed\.\n/);
  assert.match(mutantsText(report), / {2}YOUR PROPERTIES CANNOT SEE: till ignores reserved\n/);
});

test("a check that does not pass has no mutants", async () => {
  const report = await checkMutants(scenario({ ...shared, name: "broken", when: [Buy({ id: "a" })], invariants: { never: (s) => s.shelf.stock.length === 0 } }));
  assert.deepEqual([report.base.verdict, report.mutants], ["violated", []]);
  assert.match(mutantsText(report), /^broken: violated, .*; mutants are tried where a check passes\.\n$/);
});
