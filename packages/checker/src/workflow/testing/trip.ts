// A small workflow that has everything that the standard invariants speak of: two steps that can be undone, a callback, a pivot, a step that must
// succeed. It is what tests break.
import { event, port, workflow } from "@evenkeel/core";
import { z } from "zod";
import { answers } from "../../index.ts";

export const Trip = z.object({ trip: z.string() });
const Booked = z.object({ trip: z.string(), of: z.string() });

export const agency = port("agency", {
  hotel: { input: Trip, ok: Booked, reconcile: "repeat" },
  leaveHotel: { input: Trip, ok: Trip, reconcile: "repeat" },
  car: { input: Trip, ok: Booked, failures: { none: z.object({}) }, reconcile: "repeat" },
  returnCar: { input: Trip, ok: Trip, reconcile: "repeat" },
  pay: { input: Trip, ok: Trip, failures: { refused: z.object({}) }, reconcile: "repeat" },
  mail: { input: Trip, ok: Trip, failures: { bounced: z.object({}) }, reconcile: "repeat" },
});

export const Confirmed = event("trip.confirmed", { key: (one) => one.trip, data: Trip });

export const trip = workflow("trip", { input: Trip, ports: { agency }, waitsFor: [Confirmed], maxAttempts: 2 }, async (input, w) => {
  await w.step("hotel", agency.hotel, input, { undo: agency.leaveHotel });
  await w.step("car", agency.car, input, { undo: agency.returnCar });
  await w.waitFor(Confirmed, { within: { hours: 1 } });
  await w.pivot("pay", agency.pay, input);
  await w.retriable("mail", agency.mail, input);
});

export const trips = answers(agency, {
  hotel: { ok: ({ input }) => ({ ...input, of: "hotel" }) }, leaveHotel: { ok: ({ input }) => input },
  car: { ok: ({ input }) => ({ ...input, of: "car" }), none: {} }, returnCar: { ok: ({ input }) => input },
  pay: { ok: ({ input }) => input, refused: {} }, mail: { ok: ({ input }) => input, bounced: {} },
});
