// The application of the trips on PostgreSQL, with leases short enough to be lost in a test, and what a process of it is told.
import { createApp } from "evenkeel";
import type { Log } from "@evenkeel/core/spi";
import { z } from "zod";
import type { tripPorts } from "./provider.ts";
import { Confirmed, PLACES, tripsOf, type Fate } from "./trips.ts";

/** What a worker is told by its environment. */
export const WorkerTask = z.object({
  url: z.string(), schema: z.string(), seed: z.number(),
  /** Where it dies: the nth time that anything is there, or each time that this trip is. */
  death: z.union([z.object({ place: z.enum(PLACES), nth: z.number() }), z.object({ place: z.enum(PLACES), trip: z.string() })]).nullable(),
  trouble: z.number(), slowMs: z.number(), leaseMs: z.number(),
  /** While there are files of these names in it: `broken-told` and `broken-begins` (the function's defects), `closed-flight` (held up), `refused-flight`. */
  folder: z.string().nullable(),
});
export type WorkerTask = z.infer<typeof WorkerTask>;

interface TripsAppOptions {
  readonly url: string;
  readonly schema: string;
  readonly fate: Fate;
  readonly ports: ReturnType<typeof tripPorts>["ports"];
  readonly log: Log;
  readonly leaseMs: number;
}

export async function tripsApp({ url, schema, fate, ports, log, leaseMs }: TripsAppOptions) {
  const { trips, till } = tripsOf(schema, fate);
  const app = await createApp({
    services: [trips, till], accepts: [trips.start, trips.cancel, trips.retry, Confirmed], ports, database: url, schema, log,
    settings: { partitions: 4, spread: "partitions", leaseMs, stopWithinMs: 5_000, retry: { maxAttempts: 3, baseMs: 10, maxMs: 50 } },
  });
  return { app, trips };
}
