// Anomalies between a commit and the log, of timers, and of order (A17, A18, A19, A22, A24). The first three are what the log in the same
// database excludes: they are shown on a model of the two ways it could be otherwise, and by the mutants of a system.
import test from "node:test";
import { command, entity, event, service, terminal } from "@evenkeel/core";
import { z } from "zod";
import { check, checkMutants, model, scenario } from "../index.ts";
import { assertBroken, assertFixed, assertProtected } from "./pinned.ts";

const id = z.object({ id: z.string() });
const key = (one: { readonly id: string }): string => one.id;
const Place = command("place", { key, data: id });
const Placed = event("placed", { key, data: id });

/** A row in a database and an event at a broker, one worker, which dies once at any time and begins anew. */
function bridge(sends: "after the commit" | "before the commit" | "from an outbox") {
  const begin = sends === "before the commit" ? "send" : "commit";
  return model({
    name: `an event sent ${sends}`,
    init: [{ next: begin, isStored: false, outbox: false, sent: false, crashes: 0 }],
    actions: {
      commit: (s, next) => {
        if (s.next === "commit") next({ ...s, isStored: true, outbox: sends === "from an outbox", next: sends === "after the commit" ? "send" : "rest" });
      },
      send: (s, next) => { if (s.next === "send") next({ ...s, sent: true, next: sends === "before the commit" ? "commit" : "rest" }); },
      relay: (s, next) => { if (s.outbox) next({ ...s, sent: true, outbox: false }); },
      // Nobody asks again for what was being done: the request is gone with its worker.
      crash: (s, next) => { if (s.crashes === 0) next({ ...s, crashes: 1, next: "rest" }); },
    },
    invariants: { "what was said has happened": (s) => !s.sent || s.isStored || s.next === "commit" },
    leadsTo: { "what has happened is said": { from: (s) => s.isStored, to: (s) => s.sent } },
    sometimes: { "it is said": (s) => s.sent && s.isStored },
    fairness: { weak: ["commit", "send", "relay"] },
    deadlock: "allowed",
  });
}

test("A17: a worker that dies after its commit and before it sends loses the event; an outbox does not", async () => {
  assertBroken(await check(bridge("after the commit")), "what has happened is said", 2);
  assertFixed(await check(bridge("from an outbox")), 6);
});

test("A18: a worker that sends first and dies before its commit has told what never happened; an outbox has not", async () => {
  assertBroken(await check(bridge("before the commit")), "what was said has happened", 2);
  assertFixed(await check(bridge("from an outbox")), 6);
});

const Order = entity("order", { data: z.object({}) });
const Parcel = entity("parcel", { data: z.object({}) });
const orders = service("orders", { entities: { order: Order }, emits: [Placed] })
  .on(Place, ({ id: one }, { order, emit }) => { order.put(one, {}); emit(Placed({ id: one })); });
const parcels = service("parcels", { entities: { parcel: Parcel } }).on(Placed, ({ id: one }, { parcel }) => { parcel.put(one, {}); });
const shop = () => scenario({
  system: [orders, parcels], when: [Place({ id: "o" })],
  invariants: { "what is sent was ordered": (s) => s.parcels.parcel.length <= s.orders.order.length },
  eventually: { "what was placed is known": (s) => s.orders.order.length === 1, "what was ordered is sent": (s) => s.orders.order.length === s.parcels.parcel.length },
});

test("A17, by construction: documents and messages are one commit; an engine that lost the message is found out", async () => {
  assertProtected(await checkMutants(shop()), 4, "orders forgets to say placed", "what was ordered is sent", 2);
});

test("A18, by construction: a handler that fails after it said something has said nothing", async () => {
  const failing = service("orders", { entities: { order: Order }, emits: [Placed] }).on(Place, ({ id: one }, { order, emit }) => {
    order.put(one, {});
    emit(Placed({ id: one }));
    if (one === "bad") throw terminal("BAD", "This one is refused.");
  });
  assertFixed(await check({
    system: [failing, parcels], when: [Place({ id: "bad" }), Place({ id: "good" })], observe: [Placed], faults: { redrives: 1 },
    invariants: { "what was said has happened": (s) => s.observed.placed.every((said) => s.orders.order.some((one) => one.key === said.key)) },
    eventually: { "the good one is sent, the bad one a dead letter": (s) => s.parcels.parcel.length === 1 && s.deadLetters.some((one) => one.key === "bad") },
  }), 20);
});

test("A19, by construction: progress is part of the commit; taken for handled before it took effect, a message is lost", async () => {
  assertProtected(await checkMutants(shop()), 4, "orders ignores place", "what was placed is known", 2);
});

test("A19: a consumer that acknowledges first and dies has lost its message; one that acknowledges last does it again", async () => {
  const consumer = (acknowledges: "first" | "last") => model({
    name: `acknowledged ${acknowledges}`,
    init: [{ queued: 1, held: false, applied: false, crashes: 0 }],
    actions: {
      take: (s, next) => { if (s.queued === 1 && !s.held) next({ ...s, held: true, queued: acknowledges === "first" ? 0 : 1 }); },
      apply: (s, next) => { if (s.held) next({ ...s, held: false, applied: true, queued: 0 }); },
      crash: (s, next) => { if (s.held && s.crashes < 2) next({ ...s, held: false, crashes: s.crashes + 1 }); },
    },
    eventually: { "it takes effect": (s) => s.applied },
    fairness: { weak: ["take", "apply"] },
    deadlock: "allowed",
  });
  assertBroken(await check(consumer("first")), "it takes effect", 2);
  assertFixed(await check(consumer("last")), 9);
});

test("A22: a deadline that passes while its answer comes in ends a saga twice, unless both look at the saga first", async () => {
  const Expire = command("expire", { key, data: id });
  const Answered = event("answered", { key, data: id });
  const Expired = event("expired", { key, data: id });
  const Confirmed = event("confirmed", { key, data: id });
  const sagas = (looks: boolean) => service("sagas", {
    entities: { saga: entity("saga", { data: z.object({ state: z.enum(["asking", "over"]) }) }) }, emits: [Placed, Expire, Expired, Confirmed],
  })
    .on(Place, ({ id: one }, { saga, emit, schedule }) => {
      saga.put(one, { state: "asking" });
      emit(Placed({ id: one }));
      schedule(Expire({ id: one }), { afterMs: 60_000, name: "deadline" });
    })
    .on(Answered, async ({ id: one }, { saga, emit, unschedule }) => {
      if (looks && (await saga.get(one))?.state !== "asking") return;
      saga.put(one, { state: "over" });
      unschedule("deadline");
      emit(Confirmed({ id: one }));
    })
    .on(Expire, async ({ id: one }, { saga, emit }) => {
      if (looks && (await saga.get(one))?.state !== "asking") return;
      saga.put(one, { state: "over" });
      emit(Expired({ id: one }));
    });
  const answering = service("answering", { emits: [Answered] }).on(Placed, ({ id: one }, { emit }) => { emit(Answered({ id: one })); });
  const listening = service("listening", {}).on(Expired, () => undefined).on(Confirmed, () => undefined);
  const checked = (looks: boolean) => check({
    system: [sagas(looks), answering, listening], when: [Place({ id: "s" })], observe: [Expired, Confirmed],
    invariants: { "it ends once": (s) => [...s.observed.expired, ...s.observed.confirmed].reduce((sum, { times }) => sum + times, 0) <= 1 },
    eventually: { "it ends": (s) => s.sagas.saga.every(({ state }) => state === "over") },
    sometimes: { "it expires": (s) => s.observed.expired.length === 1, "it is confirmed": (s) => s.observed.confirmed.length === 1 },
  });
  assertBroken(await checked(false), "it ends once", 6);
  assertFixed(await checked(true), 17);
});

test("A24: a payment that is told under a key of its own may be told before its order; under the order's key, it never is", async () => {
  const payment = z.object({ id: z.string(), paymentId: z.string() });
  const placing = service("placing", { emits: [Placed] }).on(Place, ({ id: one }, { emit }) => { emit(Placed({ id: one })); });
  const checked = (keyOf: "payment" | "order", projects: "what comes" | "only forward") => {
    const Paid = event("paid", { key: (one) => (keyOf === "payment" ? one.paymentId : one.id), data: payment });
    const paying = service("paying", { emits: [Paid] }).on(Placed, ({ id: one }, { emit }) => { emit(Paid({ id: one, paymentId: `payment of ${one}` })); });
    const View = entity("view", { data: z.object({ state: z.enum(["placed", "paid"]) }) });
    const views = service("views", { entities: { view: View } })
      .on(Placed, async ({ id: one }, { view }) => {
        if (projects === "what comes" || (await view.get(one)) === undefined) view.put(one, { state: "placed" });
      })
      .on(Paid, ({ id: one }, { view }) => { view.put(one, { state: "paid" }); });
    return check({
      system: [placing, paying, views], when: [Place({ id: "o" })],
      steps: { "a view goes forward": (before, after) => before.views.view.every(({ state }) => state !== "paid" || after.views.view.every((one) => one.state === "paid")) },
      eventually: { "it is seen as paid": (s) => s.views.view.every(({ state }) => state === "paid") },
    });
  };
  assertBroken(await checked("payment", "what comes"), "a view goes forward", 5);
  assertFixed(await checked("payment", "only forward"), 8);
  assertFixed(await checked("order", "what comes"), 7);
});
