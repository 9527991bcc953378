// A small system in which every kind of cell is used: documents, queues, calls that end in every way, effects that land late, timers,
// observed messages, SQL with and without a twin, second arrivals, deaths. For tests that compare one search of it with another.
import { command, entity, event, port, service, statement } from "@evenkeel/core";
import { z } from "zod";
import { answers, arrival, optional, scenario } from "../../index.ts";

const One = z.object({ id: z.string() });
const byId = ({ id }: { readonly id: string }): string => id;
const Book = command("book", { key: byId, data: One });
const Leave = command("leave", { key: byId, data: One });
const Expire = command("expire", { key: byId, data: One });
const Booked = event("booked", { key: byId, data: One });
const Booking = entity("booking", { data: z.object({ state: z.string(), room: z.string() }) });
const Rooms = entity("rooms", { data: z.object({ free: z.number() }) });
const bank = port("bank", { charge: { input: One, ok: z.object({ receipt: z.string() }), failures: { declined: z.object({}) } } });
const noteSale = statement("sales.note", { parameters: One, text: "insert into sales values ($1)", values: ({ id }) => [id], rows: 1 });

interface Options {
  /** How many rooms there are. */
  readonly rooms?: number;
  readonly duplicates?: number;
  /** Whether sales are noted by SQL of which nobody says what it does. */
  readonly opaque?: boolean;
  /** Whether a guest who leaves gives the room back. */
  readonly returns?: boolean;
}

export function bookings({ rooms = 1, duplicates = 1, opaque = false, returns = true }: Options = {}) {
  const leave = returns
    ? async ({ id }: { readonly id: string }, { booking, rooms: kept, unschedule }: LeaveContext): Promise<void> => {
      const [before, all] = await Promise.all([booking.get(id), kept.get("all")]);
      if (before?.state !== "booked") return;
      unschedule("expire");
      booking.put(id, { ...before, state: "left" });
      kept.put("all", { free: (all?.free ?? 0) + 1 });
    }
    : async ({ id }: { readonly id: string }, { booking }: LeaveContext): Promise<void> => {
      const before = await booking.get(id);
      if (before?.state === "booked") booking.put(id, { ...before, state: "left" });
    };
  const hotel = service("hotel", { entities: { booking: Booking, rooms: Rooms }, ports: { bank }, emits: [Booked, Expire], statements: [noteSale] })
    .on(Book, async ({ id }, { booking, rooms: kept, call, schedule }) => {
      const [before, all] = await Promise.all([booking.get(id), kept.get("all")]);
      if (before !== undefined) return;
      const free = all?.free ?? rooms;
      if (free === 0) return booking.put(id, { state: "refused", room: "none" });
      kept.put("all", { free: free - 1 });
      booking.put(id, { state: "held", room: String(free) });
      call(bank.charge, { key: id, input: { id } });
      schedule(Expire({ id }), { afterMs: 60_000, name: "expire" });
    })
    .on(Expire, async ({ id }, { booking }) => {
      const before = await booking.get(id);
      if (before?.state === "held") booking.put(id, { ...before, state: "late" });
    })
    .on(Leave, leave)
    .outcome(bank.charge, {
      ok: async ({ call: { input } }, { booking, emit, run, unschedule }) => {
        const before = await booking.get(input.id);
        if (before === undefined) return;
        booking.put(input.id, { ...before, state: "booked" });
        unschedule("expire");
        run(noteSale, { id: input.id });
        emit(Booked({ id: input.id }));
      },
      declined: ({ call: { input } }, { booking }) => { booking.put(input.id, { state: "declined", room: "none" }); },
      notPerformed: ({ call: { input } }, { booking }) => { booking.put(input.id, { state: "failed", room: "none" }); },
      unknown: (_, { reconcile }) => { reconcile(); },
    });
  return scenario({
    name: "bookings",
    system: [hotel],
    when: [Book({ id: "a" }), arrival(Book({ id: "b" }), { idempotencyKey: "b" }), optional(Leave({ id: "a" }))],
    ports: [answers(bank, { charge: { ok: ({ key }) => ({ receipt: `for ${key}` }), declined: {} } })],
    faults: { duplicates, crashes: 1, poisons: 1 - duplicates, redrives: 1 - duplicates, ports: { "bank.charge": ["ok", "declined", "unknown-applied", "late-applied"] } },
    observe: [Booked],
    invariants: { "no room is booked twice": (s) => s.hotel.rooms.every(({ free }) => free >= 0) },
    steps: { "nobody comes back": (before, after) => !before.hotel.booking.some(({ key, state }) => state === "left" && after.hotel.booking.some((one) => one.key === key && one.state === "held")) },
    sometimes: { "both have booked": (s) => s.observed["booked"].length === 2 || rooms < 2, "a guest has left": (s) => s.hotel.booking.some(({ state }) => state === "left") },
    ...(opaque ? {} : { statements: { tables: [] as readonly string[], twins: { "sales.note": (sales: readonly string[], [id]: readonly (string | null)[]) => ({ tables: [...sales, id ?? ""], rows: 1 }) } } }),
  });
}

interface LeaveContext {
  readonly booking: Kept<{ state: string; room: string }>;
  readonly rooms: Kept<{ free: number }>;
  unschedule(name: string): void;
}

interface Kept<Data> {
  get(key: string): Promise<Data | undefined>;
  put(key: string, data: Data): void;
}
