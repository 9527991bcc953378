// Trips: a workflow whose steps are performed at a desk, with a statement of its own, a wait, a sleep and an end that is undone; and a till that counts
// what was paid and has a call with a row. What a process does to itself at named places, it is told.
import { entity, event, port, service, statement, workflow } from "evenkeel";
import { z } from "zod";

/** Where a process may be made to die. */
export const PLACES = ["before a call", "after a call", "where a function begins", "where a function is told", "in a handler", "in an outcome"] as const;

export interface Fate {
  /** Called for this trip; need not return. */
  at(place: (typeof PLACES)[number], trip: string): void;
  /** Whether the function has a defect for now: where it is told of a flight, or where it begins. */
  isBroken(where: "told" | "begins"): boolean;
}

export const NO_FATE: Fate = { at: () => undefined, isBroken: () => false };

const Work = z.object({ trip: z.string(), what: z.string() });
export type Work = z.infer<typeof Work>;
const Receipt = z.object({ receipt: z.string() });
const POLICY = { attempts: 200, backoffMs: 10, maxBackoffMs: 100, deadlineMs: 300_000 } as const;
const REPEATED = { input: Work, ok: Receipt, reconcile: "repeat", ...POLICY } as const;

export const desk = port("desk", {
  book: REPEATED, cancel: REPEATED, look: REPEATED,
  pay: { input: Work, ok: Receipt, failures: { declined: z.object({ why: z.string() }) }, ...POLICY },
});
export const books = port("books", { post: REPEATED });

const Trip = z.object({ trip: z.string() });
export const Confirmed = event("trip.confirmed", { key: (one) => one.trip, data: Trip });
const Paid = event("trip.paid", { key: (one) => one.trip, data: Trip });
export const Till = entity("till", { data: z.object({ paid: z.number(), posted: z.array(z.string()) }) });

/** Trips whose names begin so are declined when they are paid, and undone. */
export function isDeclined(trip: string): boolean {
  return trip.startsWith("declined");
}

export function tripsOf(schema: string, fate: Fate) {
  const say = statement("trips.say", {
    parameters: Work, text: `insert into "${schema}".said (trip, what) values ($1, $2)`, values: ({ trip, what }) => [trip, what], rows: 1,
  });
  const trips = workflow("trips", { input: Trip, ports: { desk }, waitsFor: [Confirmed], emits: [Paid], statements: [say] }, async ({ trip }, w) => {
    fate.at("where a function begins", trip);
    if (fate.isBroken("begins")) throw new TypeError(`trip ${trip} cannot read what it was given`);
    const room = await w.step("room", desk.book, { trip, what: "room" }, { undo: desk.cancel });
    fate.at("where a function is told", trip);
    const flown = async (): Promise<string> => {
      const { receipt } = await w.step("flight", desk.book, { trip, what: "flight" }, { undo: desk.cancel });
      if (fate.isBroken("told")) throw new TypeError(`trip ${trip} cannot read its flight`);
      return receipt;
    };
    const [flight, weather] = await Promise.all([flown(), w.readonly("weather", desk.look, { trip, what: "weather" })]);
    w.run(say, { trip, what: "held" });
    await w.waitFor(Confirmed);
    await w.sleep({ ms: 40 });
    const paid = await w.pivot("pay", desk.pay, { trip, what: "pay" });
    w.emit(Paid({ trip }));
    w.run(say, { trip, what: "paid" });
    const ticket = await w.retriable("ticket", desk.book, { trip, what: "ticket" });
    return [room.receipt, flight, weather.receipt, paid.receipt, ticket.receipt];
  });
  const till = service("till", { entities: { till: Till }, ports: { books } })
    .on(Paid, async ({ trip }, { till: tills, call }) => {
      fate.at("in a handler", trip);
      const { paid = 0, posted = [] } = await tills.get(trip) ?? {};
      tills.put(trip, { paid: paid + 1, posted });
      call(books.post, { key: `${trip}/post`, input: { trip, what: "post" } });
    })
    .outcome(books.post, {
      ok: async ({ call: { input: { trip } } }, { till: tills }) => {
        fate.at("in an outcome", trip);
        const { paid = 0, posted = [] } = await tills.get(trip) ?? {};
        tills.put(trip, { paid, posted: [...posted, "ok"] });
      },
      notPerformed: ({ call: { input: { trip } } }, { till: tills }) => { tills.put(trip, { paid: 0, posted: ["notPerformed"] }); },
      unknown: (_outcome, { reconcile }) => { reconcile(); },
    });
  return { trips, till };
}

export const DONE = ["room", "flight", "weather", "pay", "ticket"] as const;

/** Every key under which something may be performed for a trip that is over, with what it is. */
export function effectsOf(trip: string): ReadonlyMap<string, string> {
  const keys: readonly (readonly [string, string])[] = isDeclined(trip)
    ? [
      ...["room", "flight"].flatMap((what) => [[`book ${what}`, what] as const, [`cancel ${what}`, `${what}/undo`] as const]),
      ["look weather", "weather"], ["pay pay", "pay"],
    ]
    : [["book room", "room"], ["book flight", "flight"], ["look weather", "weather"], ["pay pay", "pay"], ["book ticket", "ticket"], ["post post", "post"]];
  return new Map(keys.map(([effect, step]) => [`${effect} of ${trip}`, step === "post" ? `${trip}/post` : `trips/${trip}/${step}`]));
}
