// Runs of three steps that meet: an attempt ends only when attempts of all three steps of its run are under way here, so a process that made one
// after the other would never end a run. As a program it works on the runs in a process of its own, and says what it has begun.
import { port, provide, workflow, type App } from "@evenkeel/core";
import { z } from "zod";
import { createApp } from "../create-app.ts";

const Seat = z.object({ run: z.string(), seat: z.string() });
const table = port("table", { sit: { input: Seat, ok: Seat, reconcile: "repeat", timeoutMs: 20_000 } });
const Guests = z.object({ run: z.string() });
export const SEATS = ["a", "b", "c"] as const;

/** Each call of its first attempt has no row. */
export const meeting = workflow("meeting", { input: Guests, ports: { table } }, async ({ run }, w) => {
  const sat = await Promise.all(SEATS.map((seat) => w.readonly(seat, table.sit, { run, seat })));
  return sat.map(({ seat }) => seat).join("");
});

/** Each call has a row: its key is one that others may use, too. */
export const reserved = workflow("reserved", { input: Guests, ports: { table } }, async ({ run }, w) => {
  const sat = await w.map(SEATS, { atMost: SEATS.length }, (seat) => w.readonly(seat, table.sit, { run, seat }, { key: `${run}/${seat}` }));
  return sat.map(({ seat }) => seat).join("");
});

const accepts = [meeting.start, reserved.start] as const;

/** @param meets whether those who have met go on; else they wait for ever */
export function meetingApp(database: string, schema: string, meets: boolean, said: (what: string) => void): Promise<App<typeof accepts>> {
  const seated = new Map<string, { readonly seats: Set<string>; readonly all: Promise<void>; met(): void }>();
  const meet = async (run: string, seat: string): Promise<void> => {
    let met: () => void = () => undefined;
    const at = seated.get(run) ?? { seats: new Set<string>(), all: new Promise<void>((resolve) => { met = resolve; }), met: () => { met(); } };
    seated.set(run, at);
    at.seats.add(seat);
    said(`${run} ${seat}`);
    if (meets && at.seats.size === SEATS.length) at.met();
    await at.all;
  };
  const provided = provide(table, {
    sit: {
      perform: async ({ input }) => {
        await meet(input.run, input.seat);
        return { kind: "ok", value: input };
      },
    },
  });
  return createApp({ services: [meeting, reserved], accepts, ports: [provided], database, schema, log: () => undefined, settings: { leaseMs: 1_000 } });
}

const [program, database, schema, how] = process.argv.slice(1);
if (program === import.meta.filename && database !== undefined && schema !== undefined) {
  const app = await meetingApp(database, schema, how === "meets", (what) => { process.stdout.write(`${what}\n`); });
  await app.start();
}
