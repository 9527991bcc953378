// Anomalies of undoing: too late, too early, twice, in the wrong order, not at all (A7, A8, A9, A10, A16, A20, A21). Messages of one key come
// in order, so these are sagas whose steps have keys of their own: a shelf, a parcel, a room.
import test from "node:test";
import { command, entity, event, port, service, terminal } from "@evenkeel/core";
import { z } from "zod";
import { answers, check } from "../index.ts";
import { assertBroken, assertFixed } from "./pinned.ts";

const id = z.object({ id: z.string() });
const key = (one: { readonly id: string }): string => one.id;
const Place = command("place", { key, data: id });
const Cancel = command("cancel", { key, data: id });

test("A7: a release that is late frees what the order, opened again, holds by now; one that names its attempt does not", async () => {
  const Reopen = command("reopen", { key, data: id });
  const attempt = z.object({ id: z.string(), attempt: z.number() });
  const Hold = command("hold", { key, data: attempt });
  const Release = command("release", { key: (one) => `release ${one.id}`, data: attempt });
  const orders = service("orders", { entities: { order: entity("order", { data: z.object({ attempt: z.number(), isOpen: z.boolean() }) }) }, emits: [Hold, Release] })
    .on(Place, ({ id: one }, { order, emit }) => { order.put(one, { attempt: 1, isOpen: true }); emit(Hold({ id: one, attempt: 1 })); })
    .on(Cancel, async ({ id: one }, { order, emit }) => {
      const before = await order.get(one);
      if (before?.isOpen !== true) return;
      order.put(one, { ...before, isOpen: false });
      emit(Release({ id: one, attempt: before.attempt }));
    })
    .on(Reopen, async ({ id: one }, { order, emit }) => {
      const before = await order.get(one);
      if (before === undefined || before.isOpen) return;
      order.put(one, { attempt: before.attempt + 1, isOpen: true });
      emit(Hold({ id: one, attempt: before.attempt + 1 }));
    });
  const shelf = (fenced: boolean) => service("shelf", { entities: { held: entity("held", { data: z.object({ attempt: z.number() }) }) } })
    .on(Hold, ({ id: one, attempt: mine }, { held }) => { held.put(one, { attempt: mine }); })
    .on(Release, async ({ id: one, attempt: mine }, { held }) => {
      if (!fenced || (await held.get(one))?.attempt === mine) held.delete(one);
    });
  const checked = (fenced: boolean) => check({
    system: [orders, shelf(fenced)], given: [Place({ id: "o" })], when: [Cancel({ id: "o" }), Reopen({ id: "o" })],
    eventually: { "open orders are held, and no others": (s) => s.orders.order.every(({ isOpen }) => isOpen === (s.shelf.held.length === 1)) },
    sometimes: { "it is opened again": (s) => s.orders.order.some((one) => one.isOpen && one.attempt === 2) },
  });
  assertBroken(await checked(false), "open orders are held, and no others", 6);
  assertFixed(await checked(true), 17);
});

/** The undo goes another way than the try, and may be there first. */
function overtaken(undo: "blindly" | "what it finds" | "and leaves a tombstone", asks: "both" | "A8" = "both") {
  const Try = command("try", { key: (one) => `try ${one.id}`, data: id });
  const Undo = command("undo", { key: (one) => `undo ${one.id}`, data: id });
  const orders = service("orders", { entities: { order: entity("order", { data: z.object({ isOpen: z.boolean() }) }) }, emits: [Try, Undo] })
    .on(Place, ({ id: one }, { order, emit }) => { order.put(one, { isOpen: true }); emit(Try({ id: one })); })
    .on(Cancel, async ({ id: one }, { order, emit }) => {
      if ((await order.get(one)) === undefined) return;
      order.put(one, { isOpen: false });
      emit(Undo({ id: one }));
    });
  const Shelf = entity("shelf", { data: z.object({ left: z.number() }) });
  const Hold = entity("hold", { data: z.object({ state: z.enum(["held", "undone"]) }) });
  const shelves = service("shelves", { entities: { shelf: Shelf, hold: Hold } })
    .on(Try, async ({ id: one }, { shelf, hold }) => {
      if ((await hold.get(one)) !== undefined) return;
      shelf.put("lamp", { left: ((await shelf.get("lamp"))?.left ?? 1) - 1 });
      hold.put(one, { state: "held" });
    })
    .on(Undo, async ({ id: one }, { shelf, hold }) => {
      const before = await hold.get(one);
      if (before?.state === "held" || undo === "blindly") shelf.put("lamp", { left: ((await shelf.get("lamp"))?.left ?? 1) + 1 });
      if (before !== undefined || undo === "and leaves a tombstone") hold.put(one, { state: "undone" });
    });
  return check({
    system: [orders, shelves], when: [Place({ id: "o" }), Cancel({ id: "o" })],
    invariants: { "nothing is made of nothing": (s) => s.shelves.shelf.every(({ left }) => left <= 1) },
    eventually: {
      "a cancelled order holds nothing": (s) => asks === "A8" || s.orders.order.every(({ isOpen }) => isOpen || s.shelves.hold.every(({ state }) => state !== "held")),
    },
    sometimes: { "an order holds one": (s) => s.isQuiet && s.shelves.hold.some(({ state }) => state === "held") },
  });
}

test("A8: an undo that overtakes what it undoes gives back what was never taken, unless it looks", async () => {
  assertBroken(await overtaken("blindly"), "nothing is made of nothing", 5);
  assertFixed(await overtaken("what it finds", "A8"), 18);
});

test("A9: an undo that finds nothing and leaves nothing lets the try that comes after it hold for ever; a tombstone cures both", async () => {
  assertBroken(await overtaken("what it finds"), "a cancelled order holds nothing", 6);
  assertFixed(await overtaken("and leaves a tombstone"), 18);
});

test("A10: a parcel that is called back with an address that was undone before it is lost; undone in reverse, one after the other, it is not", async () => {
  const UndoOrder = command("undo-order", { key, data: id });
  const UndoParcel = command("undo-parcel", { key: (one) => `parcel of ${one.id}`, data: id });
  const Order = entity("order", { data: z.object({ address: z.string() }) });
  const Parcel = entity("parcel", { data: z.object({ backTo: z.string().nullable() }) });
  const fulfilment = (undoes: "at once" | "in reverse") => service("fulfilment", { entities: { order: Order, parcel: Parcel }, emits: [UndoOrder, UndoParcel] })
    .on(Place, ({ id: one }, { order, parcel }) => { order.put(one, { address: "1 Quay" }); parcel.put(one, { backTo: null }); })
    .on(Cancel, ({ id: one }, { emit }) => {
      emit(UndoParcel({ id: one }));
      if (undoes === "at once") emit(UndoOrder({ id: one }));
    })
    .on(UndoOrder, ({ id: one }, { order }) => { order.delete(one); })
    .on(UndoParcel, async ({ id: one }, { order, parcel, emit }) => {
      const from = await order.get(one);
      if (from === undefined) throw terminal("NO_ADDRESS", `The order of parcel ${one} is gone.`);
      parcel.put(one, { backTo: from.address });
      if (undoes === "in reverse") emit(UndoOrder({ id: one }));
    });
  const checked = (undoes: "at once" | "in reverse") => check({
    system: [fulfilment(undoes)], given: [Place({ id: "o" })], when: [Cancel({ id: "o" })],
    invariants: { "no parcel is lost": (s) => s.deadLetters.length === 0 },
    eventually: { "all is undone": (s) => s.fulfilment.order.length === 0 && s.fulfilment.parcel.every(({ backTo }) => backTo !== null) },
  });
  assertBroken(await checked("at once"), "no parcel is lost", 4);
  assertFixed(await checked("in reverse"), 5);
});

test("A16: an order that is cancelled after the pivot is gone and cancelled; from there on it can only go forward, into a return", async () => {
  const Shipped = event("shipped", { key, data: id });
  const Return = event("return", { key, data: id });
  const Order = entity("order", { data: z.object({ state: z.enum(["packing", "shipped", "cancelled", "returning"]) }) });
  const orders = (guards: boolean) => service("orders", { entities: { order: Order }, emits: [Shipped, Return] })
    .on(Place, async ({ id: one }, { order, emit }) => {
      if ((await order.get(one)) !== undefined) return;
      order.put(one, { state: "shipped" });
      emit(Shipped({ id: one }));
    })
    .on(Cancel, async ({ id: one }, { order, emit }) => {
      const isGone = (await order.get(one))?.state === "shipped";
      order.put(one, { state: guards && isGone ? "returning" : "cancelled" });
      if (guards && isGone) emit(Return({ id: one }));
    });
  const carrier = service("carrier", { entities: { parcel: entity("parcel", { data: z.object({ state: z.enum(["out", "back"]) }) }) } })
    .on(Shipped, ({ id: one }, { parcel }) => { parcel.put(one, { state: "out" }); })
    .on(Return, ({ id: one }, { parcel }) => { parcel.put(one, { state: "back" }); });
  const checked = (guards: boolean) => check({
    system: [orders(guards), carrier], when: [Place({ id: "o" }), Cancel({ id: "o" })],
    eventually: { "what is cancelled is not out": (s) => s.orders.order.every(({ state }) => state === "shipped" || s.carrier.parcel.every((one) => one.state !== "out")) },
    sometimes: { "it is cancelled in time": (s) => s.isQuiet && s.orders.order.some(({ state }) => state === "cancelled") },
  });
  assertBroken(await checked(false), "what is cancelled is not out", 5);
  assertFixed(await checked(true), 15);
});

test("A20: a refund that fails for good leaves its order stuck in silence, unless it becomes a dead letter that somebody sees", async () => {
  const Refund = entity("refund", { data: z.object({ state: z.enum(["asked", "done"]) }) });
  const bank = port("bank", { refund: { input: id, ok: z.object({}), failures: { closed: z.object({}) } } });
  const refunds = (onFailure: "is silent" | "says so") => service("refunds", { entities: { refund: Refund }, ports: { bank } })
    .on(Cancel, ({ id: one }, { refund, call }) => { refund.put(one, { state: "asked" }); call(bank.refund, { key: one, input: { id: one } }); })
    .outcome(bank.refund, {
      ok: ({ call }, { refund }) => { refund.put(call.key, { state: "done" }); },
      closed: ({ call }) => { if (onFailure === "says so") throw terminal("ACCOUNT_CLOSED", `The refund ${call.key} needs another account.`); },
      notPerformed: ({ call }) => { if (onFailure === "says so") throw terminal("NOT_REFUNDED", `The refund ${call.key} could not be made.`); },
      unknown: (_, { reconcile }) => { reconcile(); },
    });
  const checked = (onFailure: "is silent" | "says so") => check({
    system: [refunds(onFailure)], when: [Cancel({ id: "o" })], ports: [answers(bank, { refund: { ok: {}, closed: {} } })],
    faults: { ports: { "bank.refund": ["ok", "closed", "notPerformed", "unknown-applied"] } },
    eventually: {
      "refunded, or seen by a person": (s) => s.refunds.refund.every((one) => one.state === "done" || s.deadLetters.some((letter) => letter.key === one.key)),
      "no dead letter without a cause": (s) => s.deadLetters.length === 0 || s.refunds.refund.every(({ state }) => state === "asked"),
    },
    sometimes: { "it is refunded": (s) => s.refunds.refund.some(({ state }) => state === "done") },
  });
  assertBroken(await checked("is silent"), "refunded, or seen by a person", 4);
  assertFixed(await checked("says so"), 11);
});

test("A21: of two steps in parallel one fails, and the other one succeeds after the trip was undone: it must be undone when it comes in", async () => {
  const AskHotel = command("ask-hotel", { key: (one) => `hotel ${one.id}`, data: id });
  const AskCar = command("ask-car", { key: (one) => `car ${one.id}`, data: id });
  const UndoHotel = command("undo-hotel", { key: (one) => `hotel ${one.id}`, data: id });
  const HotelBooked = event("hotel-booked", { key, data: id });
  const CarRefused = event("car-refused", { key, data: id });
  const Trip = entity("trip", { data: z.object({ state: z.enum(["asking", "undone"]), hotel: z.boolean() }) });
  const trips = (fences: boolean) => service("trips", { entities: { trip: Trip }, emits: [AskHotel, AskCar, UndoHotel] })
    .on(Place, ({ id: one }, { trip, emit }) => {
      trip.put(one, { state: "asking", hotel: false });
      emit(AskHotel({ id: one }));
      emit(AskCar({ id: one }));
    })
    .on(HotelBooked, async ({ id: one }, { trip, emit }) => {
      const isUndone = (await trip.get(one))?.state === "undone";
      if (!isUndone) trip.put(one, { state: "asking", hotel: true });
      else if (fences) emit(UndoHotel({ id: one }));
    })
    .on(CarRefused, async ({ id: one }, { trip, emit }) => {
      if ((await trip.get(one))?.hotel === true) emit(UndoHotel({ id: one }));
      trip.put(one, { state: "undone", hotel: false });
    });
  const hotels = service("hotels", { entities: { room: entity("room", { data: z.object({}) }) }, emits: [HotelBooked] })
    .on(AskHotel, ({ id: one }, { room, emit }) => { room.put(one, {}); emit(HotelBooked({ id: one })); })
    .on(UndoHotel, ({ id: one }, { room }) => { room.delete(one); });
  const cars = service("cars", { emits: [CarRefused] }).on(AskCar, ({ id: one }, { emit }) => { emit(CarRefused({ id: one })); });
  const checked = (fences: boolean) => check({
    system: [trips(fences), hotels, cars], when: [Place({ id: "t" })],
    eventually: { "a trip that is undone has no room": (s) => s.trips.trip.every(({ state }) => state === "undone") && s.hotels.room.length === 0 },
  });
  assertBroken(await checked(false), "a trip that is undone has no room", 6);
  assertFixed(await checked(true), 14);
});
