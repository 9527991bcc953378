// Anomalies of what happens twice (A11, A12, A29). The platform handles a message once and calls under one key; a message that is
// published twice without a key of its own, and a call that is given another key, are the author's.
import test from "node:test";
import { command, entity, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers, arrival, check, checkMutants, scenario } from "../index.ts";
import { assertBroken, assertFixed, assertProtected } from "./pinned.ts";

const id = z.object({ id: z.string() });
const key = (one: { readonly id: string }): string => one.id;
const Pay = command("pay", { key, data: id });
const bank = port("bank", {
  charge: { input: id, ok: z.object({}) },
  refund: { input: id, ok: z.object({}) },
});
const ports = [answers(bank, { charge: { ok: {} }, refund: { ok: {} } })];
const Payment = entity("payment", { data: z.object({ asked: z.number(), paid: z.number() }) });

/** Charges what it is asked to: under a key for each request, or under one for each order. */
function paying(chargesPer: "request" | "order") {
  return service("paying", { entities: { payment: Payment }, ports: { bank } })
    .on(Pay, async ({ id: one }, { payment, call }) => {
      const { asked, paid } = (await payment.get(one)) ?? { asked: 0, paid: 0 };
      payment.put(one, { asked: asked + 1, paid });
      call(bank.charge, { key: chargesPer === "order" ? one : `${one}/${String(asked + 1)}`, input: { id: one } });
    })
    .outcome(bank.charge, {
      ok: async ({ call: { input } }, { payment }) => {
        const { asked, paid } = (await payment.get(input.id)) ?? { asked: 0, paid: 0 };
        payment.put(input.id, { asked, paid: paid + 1 });
      },
      notPerformed: () => undefined,
      unknown: (_, { reconcile }) => { reconcile(); },
    })
    .outcome(bank.refund, { ok: () => undefined, notPerformed: () => undefined, unknown: (_, { reconcile }) => { reconcile(); } });
}
const charged = (s: { readonly provider: { readonly "bank.charge": readonly { readonly applied: number }[] } }): number =>
  s.provider["bank.charge"].reduce((sum, { applied }) => sum + applied, 0);

test("A11: a request that is sent twice is charged twice where each request has a key, and once where the order has one", async () => {
  const checked = (chargesPer: "request" | "order") => check({
    system: [paying(chargesPer)], when: [Pay({ id: "o" })], ports,
    faults: { duplicates: 1, crashes: 1, ports: { "bank.charge": ["ok", "unknown-applied", "unknown-not-applied"] } },
    invariants: { "charged once": (s) => charged(s) <= 1 },
    eventually: { "charged": (s) => charged(s) === 1 },
    sometimes: { "it came twice": (s) => s.paying.payment.some(({ asked }) => asked === 2) },
  });
  assertBroken(await checked("request"), "charged once", 6);
  assertFixed(await checked("order"), 85);
});

const keyed = () => scenario({
  system: [paying("request")], when: [arrival(Pay({ id: "o" }), { idempotencyKey: "o" })], ports, faults: { duplicates: 2, crashes: 1 },
  invariants: {
    "charged once": (s) => charged(s) <= 1,
    "what is charged was asked for": (s) => charged(s) === 0 || s.paying.payment.length === 1,
  },
});

test("A11, by construction: what is published under a key is taken in once, however often it is sent", async () => {
  assertProtected(await checkMutants(keyed()), 6, "the door takes repeats in", "charged once", 6);
});

test("A11, by construction: a call is made after the commit that asks for it, so a worker that dies before has called nobody", async () => {
  assertProtected(await checkMutants(keyed()), 6, "bank.charge is called before the commit", "what is charged was asked for", 2);
});

test("A12: a refund without an answer that is made again under a new key is made twice; asked for under its own, once", async () => {
  const Refund = entity("refund", { data: z.object({ tries: z.number(), isDone: z.boolean() }) });
  const refunds = (onUnknown: "tries anew" | "asks") => service("refunds", { entities: { refund: Refund }, ports: { bank } })
    .on(Pay, async ({ id: one }, { refund, call }) => {
      if ((await refund.get(one)) !== undefined) return;
      refund.put(one, { tries: 1, isDone: false });
      call(bank.refund, { key: `${one}/1`, input: { id: one } });
    })
    .outcome(bank.charge, { ok: () => undefined, notPerformed: () => undefined, unknown: (_, { reconcile }) => { reconcile(); } })
    .outcome(bank.refund, {
      ok: async ({ call: { input } }, { refund }) => { refund.put(input.id, { tries: (await refund.get(input.id))?.tries ?? 0, isDone: true }); },
      notPerformed: () => undefined,
      unknown: async ({ call: { input } }, { refund, call, abandon, reconcile }) => {
        const tries = (await refund.get(input.id))?.tries ?? 0;
        if (onUnknown === "asks" || tries > 1) return reconcile();
        refund.put(input.id, { tries: 2, isDone: false });
        call(bank.refund, { key: `${input.id}/2`, input });
        abandon();
      },
    });
  const checked = (onUnknown: "tries anew" | "asks") => check({
    system: [refunds(onUnknown)], when: [Pay({ id: "o" })], ports, faults: { duplicates: 1, ports: { "bank.refund": ["ok", "unknown-applied", "unknown-not-applied"] } },
    invariants: { "no more is refunded than was paid": (s) => s.provider["bank.refund"].reduce((sum, { applied }) => sum + applied, 0) <= 1 },
    eventually: { "it is refunded": (s) => s.refunds.refund.every(({ isDone }) => isDone) },
  });
  assertBroken(await checked("tries anew"), "no more is refunded than was paid", 5);
  assertFixed(await checked("asks"), 31);
});

test("A29: a list of requests that were seen, kept for a while, does not know the one that comes after it; the order itself does", async () => {
  const Forget = command("forget", { key, data: id });
  const Seen = entity("seen", { data: z.object({}) });
  const Balance = entity("balance", { data: z.object({ times: z.number() }) });
  const ledger = (knows: "for a while" | "by the order") => service("ledger", { entities: { seen: Seen, balance: Balance }, emits: [Forget] })
    .on(Pay, async ({ id: one }, { seen, balance, schedule }) => {
      const before = await balance.get(one);
      if (knows === "for a while" ? (await seen.get(one)) !== undefined : before !== undefined) return;
      seen.put(one, {});
      schedule(Forget({ id: one }), { afterMs: 86_400_000, name: "forget" });
      balance.put(one, { times: (before?.times ?? 0) + 1 });
    })
    .on(Forget, ({ id: one }, { seen }) => { seen.delete(one); });
  const checked = (knows: "for a while" | "by the order") => check({
    system: [ledger(knows)], when: [Pay({ id: "o" })], faults: { duplicates: 1 },
    invariants: { "paid once": (s) => s.ledger.balance.every(({ times }) => times === 1) },
    sometimes: { "the list is empty again": (s) => s.ledger.balance.length === 1 && s.ledger.seen.length === 0 },
  });
  assertBroken(await checked("for a while"), "paid once", 6);
  assertFixed(await checked("by the order"), 10);
});
