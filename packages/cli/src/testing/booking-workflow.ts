// A workflow as a file for `evenkeel replay` exports it, with the application around it that tests record runs with.
import { createAppOn, port, provide, workflow, type Schema } from "@evenkeel/core";
import { nodeHost, openPostgres } from "@evenkeel/postgres";

interface Trip { readonly tripId: string; readonly email: string }

const TripData: Schema<Trip, Trip> = {
  "~standard": {
    version: 1, vendor: "test",
    validate: (value) => isTrip(value) ? { value } : { issues: [{ message: "Expected a trip." }] },
  },
};

function isTrip(value: unknown): value is Trip {
  return typeof value === "object" && value !== null && "tripId" in value && "email" in value;
}

const rail = port("rail", { book: { input: TripData, ok: TripData, reconcile: "repeat" }, cancel: { input: TripData, ok: TripData, reconcile: "repeat" } });

export const booking = workflow("booking", { input: TripData, ports: { rail } }, async (trip, w) => {
  const seat = await w.step("book", rail.book, trip, { undo: rail.cancel });
  await w.sleep(trip.tripId === "later" ? { days: 30 } : { seconds: 0 });
  return seat;
});

/** What a file that went another way would export. */
export const otherBooking = workflow("booking", { input: TripData, ports: { rail } }, async (trip, w) => {
  await w.step("hold", rail.book, trip, { undo: rail.cancel });
});

/** An application that runs it. */
export function bookingApp(database: string, schema: string) {
  const log = (): void => undefined;
  const perform = async ({ input }: { readonly input: Trip }) => ({ kind: "ok" as const, value: input });
  return createAppOn({
    services: [booking], accepts: [booking.start], ports: [provide(rail, { book: { perform }, cancel: { perform } })],
    store: openPostgres({ url: database, log, poolSize: 4, schema }), host: nodeHost(log), settings: { partitions: 2, leaseMs: 1_000, stopWithinMs: 300 },
  });
}
