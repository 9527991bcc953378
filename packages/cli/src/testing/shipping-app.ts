// The application that this package's tests run, in their own process and through `evenkeel worker`. It shows how a file for the command
// looks when it is composed from the packages below the front door.
import { createAppOn, entity, event, service, terminal, type App, type Schema } from "@evenkeel/core";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import type { Log } from "@evenkeel/core/spi";
import type { WorkerOptions } from "../load-app.ts";

interface Order { readonly orderId: string; readonly step: number; readonly pence: number }

export const OrderPlaced = event("order.placed", { key: (order) => order.orderId, data: having<Order>("orderId", "step", "pence") });

/** Its handler says so on standard error, and never ends. */
export const Stuck = event("order.stuck", { key: (order) => order.orderId, data: having<Pick<Order, "orderId">>("orderId") });

/** Its handler lets the event loop do nothing else for so long. */
export const Busy = event("order.busy", { key: (order) => order.orderId, data: having<{ readonly orderId: string; readonly forMs: number }>("orderId", "forMs") });

/** The steps that were handled, and by which process each. */
interface ShipmentData { readonly steps: readonly number[]; readonly processes: readonly number[] }

export const Shipment = entity("shipment", { data: having<ShipmentData>("steps", "processes") });

export const shipping = service("shipping", { entities: { shipment: Shipment } })
  .on(OrderPlaced, async (order, { shipment }) => {
    if (order.pence < 0) throw terminal("TOTAL_NEGATIVE", `Order ${order.orderId} has a total below zero: correct it and redrive.`);
    const before = (await shipment.get(order.orderId)) ?? { steps: [], processes: [] };
    shipment.put(order.orderId, { steps: [...before.steps, order.step], processes: [...before.processes, process.pid] });
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

type Accepted = readonly [typeof OrderPlaced, typeof Stuck, typeof Busy];

export default async function shippingApp(options: WorkerOptions): Promise<App<Accepted>> {
  // Silent unless a test asks for what a worker says of itself.
  const isSaying = process.env["SHIPPING_SAYS"] === "1";
  const log: Log = (level, name, fields) => { if (isSaying) process.stderr.write(`${JSON.stringify({ level, event: name, ...fields })}\n`); };
  const schema = options.schema === undefined ? {} : { schema: options.schema };
  const store = openPostgres({ url: options.database ?? "", log, poolSize: 4, ...schema });
  return createAppOn<Accepted>({
    services: [shipping], accepts: [OrderPlaced, Stuck, Busy], store, host: nodeHost(log),
    settings: {
      spread: "partitions", leaseMs: 1_000, stallMs: isSaying ? 5_000 : 3_600_000, partitions: 4, stopWithinMs: Number(process.env["SHIPPING_STOP_MS"] ?? 300),
    },
  });
}
