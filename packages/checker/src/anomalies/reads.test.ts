// Anomalies of reading what is not final, or not the same any more (A3, A4, A5, A28). No database can exclude them: between the steps of
// a saga its values are there to be read.
import test from "node:test";
import { command, entity, event, service } from "@evenkeel/core";
import { z } from "zod";
import { check } from "../index.ts";
import { assertBroken, assertFixed } from "./pinned.ts";

const id = z.object({ id: z.string() });
const key = (one: { readonly id: string }): string => one.id;

test("A3: credit that a cancellation gives back too early is spent, and then taken back; given back last, it is never below zero", async () => {
  const Cancel = command("cancel", { key, data: id });
  const Spend = command("spend", { key, data: id });
  const Ship = command("ship", { key, data: id });
  const Stop = event("stop", { key, data: id });
  const Stopped = event("stopped", { key, data: id });
  const Gone = event("gone", { key, data: id });
  const Credit = entity("credit", { data: z.object({ left: z.number() }) });
  const credits = (givesBack: "first" | "last") => service("credits", { entities: { credit: Credit }, emits: [Stop] })
    .on(Cancel, async ({ id: order }, { credit, emit }) => {
      if (givesBack === "first") credit.put("ann", { left: ((await credit.get("ann"))?.left ?? 0) + 1 });
      emit(Stop({ id: order }));
    })
    .on(Stopped, async (_, { credit }) => { if (givesBack === "last") credit.put("ann", { left: ((await credit.get("ann"))?.left ?? 0) + 1 }); })
    .on(Gone, async (_, { credit }) => { if (givesBack === "first") credit.put("ann", { left: ((await credit.get("ann"))?.left ?? 0) - 1 }); })
    .on(Spend, async (_, { credit }) => {
      const { left } = (await credit.get("ann")) ?? { left: 0 };
      if (left > 0) credit.put("ann", { left: left - 1 });
    });
  const parcels = service("parcels", { entities: { parcel: entity("parcel", { data: z.object({ state: z.enum(["gone", "stopped"]) }) }) }, emits: [Stopped, Gone] })
    .on(Ship, async ({ id: order }, { parcel }) => { if ((await parcel.get(order)) === undefined) parcel.put(order, { state: "gone" }); })
    .on(Stop, async ({ id: order }, { parcel, emit }) => {
      if ((await parcel.get(order))?.state === "gone") return emit(Gone({ id: order }));
      parcel.put(order, { state: "stopped" });
      emit(Stopped({ id: order }));
    });
  const checked = (givesBack: "first" | "last") => check({
    system: [credits(givesBack), parcels], when: [Cancel({ id: "o1" }), Spend({ id: "o2" }), Ship({ id: "o1" })],
    invariants: { "credit is never below zero": (s) => s.credits.credit.every(({ left }) => left >= 0) },
    sometimes: { "what came back is left": (s) => s.isQuiet && s.credits.credit.some(({ left }) => left === 1) },
  });
  assertBroken(await checked("first"), "credit is never below zero", 8);
  assertFixed(await checked("last"), 57);
});

const Order = command("order", { key, data: id });
const Reserved = event("reserved", { key, data: id });
const Confirmed = event("confirmed", { key, data: id });
const Refused = event("refused", { key, data: id });
const Freeze = command("freeze", { key, data: id });

test("A4: a mail that is written from a reservation announces what is rolled back; written after the pivot, it stays true", async () => {
  const orders = service("orders", { entities: { order: entity("order", { data: z.object({ state: z.enum(["reserved", "confirmed", "released"]) }) }) }, emits: [Reserved] })
    .on(Order, ({ id: one }, { order, emit }) => { order.put(one, { state: "reserved" }); emit(Reserved({ id: one })); })
    .on(Confirmed, ({ id: one }, { order }) => { order.put(one, { state: "confirmed" }); })
    .on(Refused, ({ id: one }, { order }) => { order.put(one, { state: "released" }); });
  const payments = service("payments", { entities: { account: entity("account", { data: z.object({ frozen: z.boolean() }) }) }, emits: [Confirmed, Refused] })
    .on(Freeze, (_, { account }) => { account.put("ann", { frozen: true }); })
    .on(Reserved, async ({ id: one }, { account, emit }) => { emit((await account.get("ann"))?.frozen === true ? Refused({ id: one }) : Confirmed({ id: one })); });
  const Mail = entity("mail", { data: z.object({ text: z.string() }) });
  const mails = (announces: typeof Reserved | typeof Confirmed) =>
    service("mails", { entities: { mail: Mail } }).on(announces, ({ id: one }, { mail }) => { mail.put(one, { text: "It is yours." }); });
  const checked = (announces: typeof Reserved | typeof Confirmed) => check({
    system: [orders, payments, mails(announces)], when: [Order({ id: "o" }), Freeze({ id: "ann" })],
    eventually: { "who was told has it": (s) => s.mails.mail.every((mail) => s.orders.order.some((one) => one.key === mail.key && one.state === "confirmed")) },
    sometimes: { "somebody is told": (s) => s.mails.mail.length === 1, "an order is released": (s) => s.orders.order.some(({ state }) => state === "released") },
  });
  assertBroken(await checked(Reserved), "who was told has it", 7);
  assertFixed(await checked(Confirmed), 23);
});

test("A5: a price that is read once to quote and once more to charge is two prices; carried in the order, it is one", async () => {
  const Accept = command("accept", { key, data: id });
  const Reprice = command("reprice", { key, data: z.object({ id: z.string(), pence: z.number() }) });
  const Price = entity("price", { data: z.object({ pence: z.number() }) });
  const Quote = entity("quote", { data: z.object({ quoted: z.number(), charged: z.number().optional() }) });
  const Quoted = event("quoted", { key, data: id });
  const shop = (charges: "the price" | "the quote") => service("shop", { entities: { price: Price, quote: Quote }, emits: [Quoted] })
    .on(Reprice, ({ id: sku, pence }, { price }) => { price.put(sku, { pence }); })
    .on(Order, async ({ id: one }, { price, quote, emit }) => {
      quote.put(one, { quoted: (await price.get("lamp"))?.pence ?? 0 });
      emit(Quoted({ id: one }));
    })
    .on(Accept, async ({ id: one }, { price, quote }) => {
      const before = await quote.get(one);
      if (before === undefined) return;
      quote.put(one, { ...before, charged: charges === "the quote" ? before.quoted : ((await price.get("lamp"))?.pence ?? 0) });
    });
  const buyer = service("buyer", { emits: [Accept] }).on(Quoted, ({ id: one }, { emit }) => { emit(Accept({ id: one })); });
  const checked = (charges: "the price" | "the quote") => check({
    system: [shop(charges), buyer], given: [Reprice({ id: "lamp", pence: 10 })], when: [Order({ id: "o" }), Reprice({ id: "lamp", pence: 12 })],
    invariants: { "what is charged was quoted": (s) => s.shop.quote.every(({ quoted, charged }) => charged === undefined || charged === quoted) },
    sometimes: { "the old price is charged": (s) => s.shop.quote.some(({ charged }) => charged === 10), "the new one": (s) => s.shop.quote.some(({ charged }) => charged === 12) },
  });
  assertBroken(await checked("the price"), "what is charged was quoted", 6);
  assertFixed(await checked("the quote"), 18);
});

test("A28: a batch is recalled after an order was filled from it: the order falls with it only where it was written down who took from it", async () => {
  const Recall = command("recall", { key, data: id });
  const Taken = event("taken", { key, data: z.object({ id: z.string(), batch: z.string() }) });
  const Recalled = event("recalled", { key, data: id });
  const Batch = entity("batch", { data: z.object({ good: z.boolean(), takers: z.array(z.string()) }) });
  const plant = (remembers: boolean) => service("plant", { entities: { batch: Batch }, emits: [Taken, Recalled] })
    .on(Order, async ({ id: one }, { batch, emit }) => {
      const before = (await batch.get("b")) ?? { good: true, takers: [] };
      if (!before.good) return;
      batch.put("b", { ...before, takers: remembers ? [...before.takers, one] : [] });
      emit(Taken({ id: one, batch: "b" }));
    })
    .on(Recall, async (_, { batch, emit }) => {
      const { takers } = (await batch.get("b")) ?? { takers: [] };
      batch.put("b", { good: false, takers: [] });
      for (const taker of takers) emit(Recalled({ id: taker }));
    });
  const Filled = entity("filled", { data: z.object({ batch: z.string() }) });
  const orders = service("orders", { entities: { filled: Filled } })
    .on(Taken, ({ id: one, batch }, { filled }) => { filled.put(one, { batch }); })
    .on(Recalled, ({ id: one }, { filled }) => { filled.delete(one); });
  const checked = (remembers: boolean) => check({
    system: [plant(remembers), orders], when: [Order({ id: "o" }), Recall({ id: "b" })],
    eventually: { "no order rests on a recalled batch": (s) => s.orders.filled.every(({ batch }) => s.plant.batch.some((one) => one.key === batch && one.good)) },
    sometimes: { "an order is filled": (s) => s.orders.filled.length === 1 },
  });
  assertBroken(await checked(false), "no order rests on a recalled batch", 5);
  assertFixed(await checked(true), 13);
});
