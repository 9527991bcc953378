// The application that this package's tests run, in their own process and through `evenkeel worker`. It shows how a file for the command
// looks when it is composed from the packages below the front door.
import { createAppOn, entity, event, port, provide, service, terminal, type App, type Schema } from "@evenkeel/core";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import type { Log } from "@evenkeel/core/spi";
import type { WorkerOptions } from "../load-app.ts";

interface Order { readonly orderId: string; readonly step: number; readonly pence: number }

export const OrderPlaced = event("order.placed", { key: (order) => order.orderId, data: having<Order>("orderId", "step", "pence") });

/** Its handler says so on standard error, and never ends. */
export const Stuck = event("order.stuck", { key: (order) => order.orderId, data: having<Pick<Order, "orderId">>("orderId") });

/** Its handler lets the event loop do nothing else for so long. */
export const Busy = event("order.busy", { key: (order) => order.orderId, data: having<{ readonly orderId: string; readonly forMs: number }>("orderId", "forMs") });

/** Its van is booked by a carrier that, until it is reachable, books and tells nobody. */
export const Express = event("order.express", { key: (order) => order.orderId, data: having<Pick<Order, "orderId">>("orderId") });

const carrier = port("carrier", {
  book: {
    input: having<Pick<Order, "orderId">>("orderId"), ok: having<{ van: string }>("van"), failures: { full: having<{ until: string }>("until") },
    timeoutMs: 150, deadlineMs: 750, backoffMs: 20, breaker: false, budget: false,
  },
});

/** What the carrier did in this process. */
export const carrierDesk = { reachable: false, booked: new Map<string, string>() };

const carrierInTown = provide(carrier, {
  book: {
    perform: ({ key }) => {
      carrierDesk.booked.set(key, carrierDesk.booked.get(key) ?? `van ${String(carrierDesk.booked.size + 1)}`);
      return Promise.reject(new Error("the line is dead"));
    },
    ask: ({ key }) => {
      const van = carrierDesk.booked.get(key);
      if (!carrierDesk.reachable) return Promise.reject(new Error("the line is dead"));
      return Promise.resolve(van === undefined ? { kind: "absent" } : { kind: "ok", value: { van } });
    },
  },
});

/** Stands in a booking whose `unknown` was answered. */
export const NOTHING_YET = "nothing yet";

/** What each express order's carrier is known to have said. */
export const Booking = entity("booking", { data: having<{ said: string }>("said") });

/** The steps that were handled, and by which process each. */
interface ShipmentData { readonly steps: readonly number[]; readonly processes: readonly number[] }

export const Shipment = entity("shipment", { data: having<ShipmentData>("steps", "processes") });

export const shipping = service("shipping", { entities: { shipment: Shipment, booking: Booking }, ports: { carrier } })
  .on(OrderPlaced, async (order, { shipment }) => {
    if (order.pence < 0) throw terminal("TOTAL_NEGATIVE", `Order ${order.orderId} has a total below zero: correct it and redrive.`);
    if (!Number.isInteger(order.pence)) throw new Error("The till is closed.");
    const before = (await shipment.get(order.orderId)) ?? { steps: [], processes: [] };
    shipment.put(order.orderId, { steps: [...before.steps, order.step], processes: [...before.processes, process.pid] });
  })
  .on(Express, ({ orderId }, { call }) => { call(carrier.book, { key: `${orderId}/van`, input: { orderId } }); })
  .outcome(carrier.book, {
    ok: ({ value }, { message, booking }) => { booking.put(message.key, { said: value.van }); },
    full: ({ value }, { message, booking }) => { booking.put(message.key, { said: `full until ${value.until}` }); },
    notPerformed: ({ failure }, { message, booking }) => { booking.put(message.key, { said: failure.message }); },
    unknown: (_outcome, { message, booking, reconcile }) => {
      booking.put(message.key, { said: NOTHING_YET });
      reconcile();
    },
  })
  .on(Stuck, () => {
    process.stderr.write("stuck\n");
    return new Promise<void>(() => undefined);
  })
  .on(Busy, (order) => { spinHere(order.forMs); });

function spinHere(forMs: number): void {
  const until = performance.now() + forMs;
  while (performance.now() < until) Math.sqrt(until);
}

/** A schema that asks only whether the fields are there. */
function having<T extends object>(...fields: readonly (keyof T)[]): Schema<T> {
  const fits = (value: unknown): value is T => typeof value === "object" && value !== null && fields.every((field) => field in value);
  const validate = (value: unknown): { value: T } | { issues: { message: string }[] } =>
    fits(value) ? { value } : { issues: [{ message: `needs ${fields.join(", ")}` }] };
  return { "~standard": { version: 1, vendor: "shipping", validate } };
}

export type Accepted = readonly [typeof OrderPlaced, typeof Stuck, typeof Busy, typeof Express];

export default async function shippingApp(options: WorkerOptions): Promise<App<Accepted>> {
  // Silent unless a test asks for what a worker says of itself.
  const isSaying = process.env["SHIPPING_SAYS"] === "1";
  const log: Log = (level, name, fields) => { if (isSaying) process.stderr.write(`${JSON.stringify({ level, event: name, ...fields })}\n`); };
  const schema = options.schema === undefined ? {} : { schema: options.schema };
  const store = openPostgres({ url: options.database ?? "", log, poolSize: 4, ...schema });
  return createAppOn<Accepted>({
    services: [shipping], accepts: [OrderPlaced, Stuck, Busy, Express], ports: [carrierInTown], store, host: nodeHost(log),
    settings: {
      spread: "partitions", leaseMs: 1_000, stallMs: isSaying ? 5_000 : 3_600_000, partitions: 4, stopWithinMs: Number(process.env["SHIPPING_STOP_MS"] ?? 300),
    },
  });
}
