// Anomalies of undoing, where a workflow coordinates (A7 to A10, A12, A20, A21): broken by a definition that does by hand what types of steps are
// for, fixed by saying the types.
import test from "node:test";
import { command, entity, event, port, service, terminal, workflow, type WorkflowContext } from "@evenkeel/core";
import { z } from "zod";
import { answers, check, workflowInvariants } from "../index.ts";
import { assertBroken, assertFixed } from "./pinned.ts";

const Trip = z.object({ id: z.string() });
const agency = port("agency", {
  hotel: { input: Trip, ok: Trip, reconcile: "repeat" },
  leave: { input: Trip, ok: Trip, failures: { refused: z.object({}) }, reconcile: "repeat" },
  car: { input: Trip, ok: Trip, failures: { none: z.object({}) }, reconcile: "repeat" },
  giveBack: { input: Trip, ok: Trip, reconcile: "repeat" },
  pay: { input: Trip, ok: Trip, failures: { refused: z.object({}) }, reconcile: "repeat" },
});
const agents = answers(agency, {
  hotel: { ok: ({ input }) => input }, leave: { ok: ({ input }) => input, refused: {} }, car: { ok: ({ input }) => input, none: {} },
  giveBack: { ok: ({ input }) => input }, pay: { ok: ({ input }) => input, refused: {} },
});
const ports = { agency };
type Trips = WorkflowContext<{ ports: typeof ports; emits: readonly []; waitsFor: readonly []; statements: readonly []; children: readonly [] }>;

const trips = (run: (trip: z.infer<typeof Trip>, w: Trips) => Promise<unknown>) => workflow("trip", { input: Trip, ports, maxAttempts: 2 }, run);

test("A7, by a workflow: two attempts at one order share a key, and the undo of the first takes away what the second holds; each under its own, it does not", async () => {
  const checked = (names: "its order" | "its run") => {
    const of = trips(async (trip, w) => {
      await w.step("hotel", agency.hotel, trip, { undo: agency.leave, ...(names === "its order" ? { key: `hotel of ${trip.id}` } : {}) });
      await w.pivot("pay", agency.pay, trip);
    });
    return check({
      system: [of], ports: [agents], faults: { ports: { "agency.pay": ["ok", "refused"] } },
      when: [of.start({ id: "first", input: { id: "o" } }), of.start({ id: "second", input: { id: "o" } })],
      eventually: {
        "who has paid has a room": (s) => s.provider["agency.pay"].filter((one) => one.applied > 0).length <= s.provider["agency.hotel"].filter((room) =>
          room.applied > 0 && !s.provider["agency.leave"].some((one) => one.key === `${room.key}/undo` && one.applied > 0)).length,
      },
      sometimes: { "one pays and one does not": (s) => s.isQuiet && s.provider["agency.leave"].length > 0 && s.trip.runs.some(({ status }) => status === "completed") },
    });
  };
  assertBroken(await checked("its order"), "who has paid has a room", 12);
  assertFixed(await checked("its run"), 121);
});

/** A request to a shelf that may be answered late, and whose undo goes another way. */
function asked(undo: "blindly" | "what it finds" | "and leaves a tombstone", asks: "both" | "A8" = "both") {
  const Hold = command("hold", { key: (one) => `hold ${one.id}`, data: Trip });
  const Release = command("release", { key: (one) => `release ${one.id}`, data: Trip });
  const Held = event("held", { key: (one) => one.id, data: Trip });
  const Released = event("released", { key: (one) => one.id, data: Trip });
  const holding = workflow("holding", { input: Trip, emits: [Hold, Release], waitsFor: [Held, Released] }, async (trip, w) => {
    const held = await w.ask(Hold(trip), { answers: [Held], within: { minutes: 1 }, undo: { send: Release(trip), answers: [Released] } });
    if (held === undefined) throw terminal("NOT_HELD", "Nobody answered in time.");
  });
  const Shelf = entity("shelf", { data: z.object({ left: z.number() }) });
  const Kept = entity("kept", { data: z.object({ state: z.enum(["held", "undone"]) }) });
  const shelves = service("shelves", { entities: { shelf: Shelf, kept: Kept }, emits: [Held, Released] })
    .on(Hold, async ({ id }, { shelf, kept, emit }) => {
      if ((await kept.get(id)) !== undefined) return;
      shelf.put("lamp", { left: ((await shelf.get("lamp"))?.left ?? 1) - 1 });
      kept.put(id, { state: "held" });
      emit(Held({ id }));
    })
    .on(Release, async ({ id }, { shelf, kept, emit }) => {
      const before = await kept.get(id);
      if (before?.state === "held" || undo === "blindly") shelf.put("lamp", { left: ((await shelf.get("lamp"))?.left ?? 1) + 1 });
      if (before !== undefined || undo === "and leaves a tombstone") kept.put(id, { state: "undone" });
      emit(Released({ id }));
    });
  return check({
    system: [holding, shelves], when: [holding.start({ id: "o", input: { id: "o" } })],
    invariants: {
      "nothing is made of nothing": (s) => s.shelves.shelf.every(({ left }) => left <= 1),
      ...workflowInvariants(holding, { without: ["pivot"] }),
    },
    eventually: {
      "who gave up holds nothing": (s) => asks === "A8" || s.holding.runs.every(({ status }) => status !== "compensated" || s.shelves.kept.every(({ state }) => state !== "held")),
    },
    sometimes: { "it is held": (s) => s.isQuiet && s.holding.runs.some(({ status }) => status === "completed") },
  });
}

test("A8, by a workflow: the release of a request that was not answered in time overtakes it, and gives back what was never taken, unless it looks", async () => {
  assertBroken(await asked("blindly"), "nothing is made of nothing", 5);
  assertFixed(await asked("what it finds", "A8"), 50);
});

test("A9, by a workflow: a request that comes after its release holds for ever; the release leaves a tombstone, and it does not", async () => {
  assertBroken(await asked("what it finds"), "who gave up holds nothing", 8);
  assertFixed(await asked("and leaves a tombstone"), 45);
});

test("A10, by a workflow: undone by hand in the order in which it was done; undos of steps go in reverse", async () => {
  const checked = (undoes: "by hand" | "by its steps") => {
    const of = trips(async (trip, w) => {
      if (undoes === "by its steps") {
        await w.step("hotel", agency.hotel, trip, { undo: agency.leave });
        await w.step("car", agency.car, trip, { undo: agency.giveBack });
        await w.pivot("pay", agency.pay, trip);
        return;
      }
      await w.readonly("hotel", agency.hotel, trip);
      await w.readonly("car", agency.car, trip);
      try {
        await w.pivot("pay", agency.pay, trip);
      } catch (error) {
        await w.retriable("leave", agency.leave, trip);
        await w.retriable("give back", agency.giveBack, trip);
        throw error;
      }
    });
    return check({
      system: [of], ports: [agents], when: [of.start({ id: "o", input: { id: "o" } })], faults: { ports: { "agency.pay": ["ok", "refused"] } },
      invariants: {
        "the car is back before the room is left": (s) => s.provider["agency.leave"].length === 0 || s.provider["agency.giveBack"].length === 1,
      },
      eventually: { "who has not paid has neither": (s) => s.provider["agency.pay"].every(({ applied }) => applied === 1) || s.provider["agency.leave"].length === 1 },
      sometimes: { "it is undone": (s) => s.provider["agency.leave"].length === 1 },
    });
  };
  assertBroken(await checked("by hand"), "the car is back before the room is left", 9);
  assertFixed(await checked("by its steps"), 15);
});

test("A12, by a workflow: a refund that is tried again under a name of its own is made twice; an undo has one key, however often it is tried", async () => {
  const checked = (undoes: "by hand" | "by its step") => {
    const of = trips(async (trip, w) => {
      if (undoes === "by its step") await w.step("hotel", agency.hotel, trip, { undo: agency.leave });
      else await w.readonly("hotel", agency.hotel, trip);
      try {
        await w.pivot("pay", agency.pay, trip);
      } catch (error) {
        if (undoes === "by its step") throw error;
        const answered = await Promise.race([w.readonly("leave", agency.leave, trip).then(() => true), w.sleep({ minutes: 1 }).then(() => false)]);
        if (!answered) await w.retriable("leave, again", agency.leave, trip);
        throw error;
      }
    });
    return check({
      system: [of], ports: [agents], when: [of.start({ id: "o", input: { id: "o" } })],
      faults: { crashes: 1, ports: { "agency.pay": ["ok", "refused"], "agency.leave": ["ok", "unknown-applied"] } },
      invariants: { "it is undone once": (s) => s.provider["agency.leave"].filter(({ applied }) => applied > 0).length <= 1 },
      eventually: { "what is not paid is undone": (s) => s.provider["agency.pay"].every(({ applied }) => applied === 1) || s.provider["agency.leave"].some(({ applied }) => applied === 1) },
    });
  };
  assertBroken(await checked("by hand"), "it is undone once", 10);
  assertFixed(await checked("by its step"), 21);
});

test("A20, by a workflow: an undo that never succeeds and is given up in silence; the undo of a step puts its run before a person", async () => {
  const checked = (undoes: "by hand" | "by its step") => {
    const of = trips(async (trip, w) => {
      if (undoes === "by its step") await w.step("hotel", agency.hotel, trip, { undo: agency.leave });
      else await w.readonly("hotel", agency.hotel, trip);
      try {
        await w.pivot("pay", agency.pay, trip);
      } catch (error) {
        if (undoes === "by hand") await w.readonly("leave", agency.leave, trip).catch(() => undefined);
        throw error;
      }
    });
    return check({
      system: [of], ports: [agents], when: [of.start({ id: "o", input: { id: "o" } })],
      faults: { ports: { "agency.pay": ["ok", "refused"], "agency.leave": ["ok", "refused"] } },
      eventually: {
        "paid, undone, or before a person": (s) => s.trip.runs.every(({ status }) => status === "completed" || status === "attention")
          || s.provider["agency.leave"].some(({ applied }) => applied === 1),
      },
      sometimes: { "it is undone": (s) => s.provider["agency.leave"].some(({ applied }) => applied === 1) },
    });
  };
  assertBroken(await checked("by hand"), "paid, undone, or before a person", 8);
  assertFixed(await checked("by its step"), 17);
});

test("A21, by a workflow: of two steps in parallel one fails while the other goes on, and its effect survives; a run waits for its steps and undoes them", async () => {
  const checked = (undoes: "by hand" | "by its steps") => {
    const of = trips(async (trip, w) => {
      if (undoes === "by its steps") {
        await Promise.all([w.step("car", agency.car, trip, { undo: agency.giveBack }), w.step("hotel", agency.hotel, trip, { undo: agency.leave })]);
        return;
      }
      let hasRoom = false;
      const car = w.readonly("car", agency.car, trip);
      const room = w.readonly("hotel", agency.hotel, trip).then(() => { hasRoom = true; });
      try {
        await Promise.all([car, room]);
      } catch (error) {
        if (hasRoom) await w.retriable("leave", agency.leave, trip);
        throw error;
      }
    });
    return check({
      system: [of], ports: [agents], when: [of.start({ id: "o", input: { id: "o" } })], faults: { ports: { "agency.car": ["ok", "none"] } },
      eventually: {
        "who has no car has no room": (s) => s.provider["agency.car"].every(({ applied }) => applied === 1)
          || s.provider["agency.hotel"].filter(({ applied }) => applied === 1).length === s.provider["agency.leave"].filter(({ applied }) => applied === 1).length,
      },
      sometimes: { "it has both": (s) => s.isQuiet && s.trip.runs.some(({ status }) => status === "completed") },
    });
  };
  assertBroken(await checked("by hand"), "who has no car has no room", 6);
  assertFixed(await checked("by its steps"), 25);
});
