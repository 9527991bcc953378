// Anomalies of writes that rest on what is no longer so (checker anomalies A1, A2, A6, A23). Within one handler the platform excludes them:
// a commit compares the versions of all that was read. Between two messages nobody compares anything, and that is the author's to do.
import test from "node:test";
import { command, entity, event, service } from "@evenkeel/core";
import { z } from "zod";
import { check, checkMutants, scenario } from "../index.ts";
import { assertBroken, assertFixed, assertProtected } from "./pinned.ts";

const id = z.object({ id: z.string() });
const key = (one: { readonly id: string }): string => one.id;

test("A1: an order that is cancelled while its credit is being reserved is approved all the same, unless the last step looks", async () => {
  const Place = command("place", { key, data: id });
  const Cancel = command("cancel", { key, data: id });
  const Placed = event("placed", { key, data: id });
  const Reserved = event("reserved", { key, data: id });
  const Cancelled = event("cancelled", { key, data: id });
  const orders = (looks: boolean) => service("orders", {
    entities: { order: entity("order", { data: z.object({ state: z.enum(["pending", "approved", "cancelled"]) }) }) }, emits: [Placed, Cancelled],
  })
    .on(Place, async ({ id: one }, { order, emit }) => {
      if ((await order.get(one)) !== undefined) return;
      order.put(one, { state: "pending" });
      emit(Placed({ id: one }));
    })
    .on(Cancel, async ({ id: one }, { order, emit }) => {
      if ((await order.get(one))?.state === "approved") return;
      order.put(one, { state: "cancelled" });
      emit(Cancelled({ id: one }));
    })
    .on(Reserved, async ({ id: one }, { order }) => {
      if (looks && (await order.get(one))?.state !== "pending") return;
      order.put(one, { state: "approved" });
    });
  const credit = service("credit", { entities: { hold: entity("hold", { data: z.object({}) }) }, emits: [Reserved] })
    .on(Placed, ({ id: one }, { hold, emit }) => { hold.put(one, {}); emit(Reserved({ id: one })); })
    .on(Cancelled, ({ id: one }, { hold }) => { hold.delete(one); });
  const checked = (looks: boolean) => check({
    system: [orders(looks), credit], when: [Place({ id: "o" }), Cancel({ id: "o" })],
    steps: {
      "what is cancelled stays so": (before, after) => before.orders.order.every(({ key: one, state }) =>
        state !== "cancelled" || after.orders.order.some((other) => other.key === one && other.state === "cancelled")),
    },
    eventually: { "approved with credit, cancelled without": (s) => s.orders.order.every(({ state }) => (state === "approved") === (s.credit.hold.length === 1)) },
    sometimes: { "an order is approved": (s) => s.isQuiet && s.orders.order.some(({ state }) => state === "approved") },
  });
  assertBroken(await checked(false), "what is cancelled stays so", 6);
  assertFixed(await checked(true), 23);
});

const Buy = command("buy", { key, data: id });
const Seen = event("seen", { key, data: z.object({ id: z.string(), left: z.number() }) });
const START = { left: 2, held: [] };
const Stock = entity("stock", { data: z.object({ left: z.number(), held: z.array(z.string()) }) });

/** One shelf for buyers with keys of their own. */
function shelf(carries: "the new number" | "the wish") {
  return service("shelf", { entities: { stock: Stock }, emits: [Seen] })
    .on(Buy, async ({ id: buyer }, { stock, emit }) => { emit(Seen({ id: buyer, left: ((await stock.get("lamp")) ?? START).left })); })
    .on(Seen, async ({ id: buyer, left: seen }, { stock }) => {
      const now = (await stock.get("lamp")) ?? START;
      const left = carries === "the new number" ? seen : now.left;
      if (left > 0) stock.put("lamp", { left: left - 1, held: [...now.held, buyer] });
    });
}

test("A2: two buyers who both saw the same number leave one unit in two hands; taken away from what is there now, it adds up", async () => {
  const definition = (carries: Parameters<typeof shelf>[0]) => ({
    system: [shelf(carries)], when: [Buy({ id: "a" }), Buy({ id: "b" })],
    invariants: { "nothing is lost": (s: { readonly shelf: { readonly stock: readonly { left: number; held: readonly string[] }[] } }) => s.shelf.stock.every(({ left, held }) => left + held.length === 2) },
  } as const);
  assertBroken(await check(definition("the new number")), "nothing is lost", 6);
  assertFixed(await check(definition("the wish")), 19);
});

test("A2, by construction: a handler that reads, subtracts and writes is run again where another one wrote meanwhile", async () => {
  const direct = service("shelf", { entities: { stock: Stock } }).on(Buy, async ({ id: buyer }, { stock }) => {
    const { left, held } = (await stock.get("lamp")) ?? START;
    stock.put("lamp", { left: left - 1, held: [...held, buyer] });
  });
  assertProtected(await checkMutants(scenario({
    system: [direct], when: [Buy({ id: "a" }), Buy({ id: "b" })],
    eventually: { "both have theirs": (s) => s.shelf.stock.every(({ left, held }) => left === 0 && held.length === 2) },
  })), 10, "shelf writes without comparing versions", "both have theirs", 5);
});

const Leave = command("leave", { key, data: id });
const Granted = event("granted", { key, data: id });
const Doctor = entity("doctor", { data: z.object({ onCall: z.boolean() }) });
const Enter = command("enter", { key, data: id });
const other = (doctor: string): string => (doctor === "ann" ? "bob" : "ann");

/** Each doctor is a document of their own, and one must stay. */
function ward(decides: "in one step" | "in two steps") {
  return service("ward", { entities: { doctor: Doctor }, emits: [Granted] })
    .on(Enter, ({ id: one }, { doctor }) => { doctor.put(one, { onCall: true }); })
    .on(Leave, async ({ id: one }, { doctor, emit }) => {
      if ((await doctor.get(other(one)))?.onCall !== true) return;
      if (decides === "in two steps") emit(Granted({ id: one }));
      else doctor.put(one, { onCall: false });
    })
    .on(Granted, ({ id: one }, { doctor }) => { doctor.put(one, { onCall: false }); });
}
const night = (decides: Parameters<typeof ward>[0]) => scenario({
  system: [ward(decides)], given: [Enter({ id: "ann" }), Enter({ id: "bob" })], when: [Leave({ id: "ann" }), Leave({ id: "bob" })],
  invariants: { "one is on call": (s) => s.ward.doctor.some(({ onCall }) => onCall) },
  sometimes: { "one leaves": (s) => s.ward.doctor.some(({ onCall }) => !onCall) },
});

test("A6: two doctors who may each leave while the other is there are both gone when granting and leaving are two steps", async () => {
  assertBroken(await night("in two steps").explore(), "one is on call", 6);
  assertFixed(await night("in one step").explore(), 10);
});

test("A6, by construction: what a handler only read is compared at its commit, too, so one step cannot skew", async () => {
  assertProtected(await checkMutants(night("in one step")), 10, "ward writes without comparing versions", "one is on call", 5);
});

test("A23, by construction: two workers that advance one saga from the same state commit once, and the other one decides anew", async () => {
  const Answered = event("answered", { key, data: z.object({ id: z.string(), saga: z.string() }) });
  const Done = event("done", { key, data: id });
  const trips = service("trips", { entities: { trip: entity("trip", { data: z.object({ open: z.number() }) }) }, emits: [Done] })
    .on(Answered, async ({ saga }, { trip, emit }) => {
      const { open } = (await trip.get(saga)) ?? { open: 2 };
      trip.put(saga, { open: open - 1 });
      if (open === 1) emit(Done({ id: saga }));
    });
  const journal = service("journal", { entities: { page: entity("page", { data: z.object({}) }) } }).on(Done, ({ id: one }, { page }) => { page.put(one, {}); });
  assertProtected(await checkMutants(scenario({
    system: [trips, journal], when: [Answered({ id: "hotel", saga: "t" }), Answered({ id: "car", saga: "t" })], observe: [Done],
    eventually: { "it is done once": (s) => s.journal.page.length === 1 && s.observed.done.every(({ times }) => times === 1) },
  })), 11, "trips writes without comparing versions", "it is done once", 5);
});
