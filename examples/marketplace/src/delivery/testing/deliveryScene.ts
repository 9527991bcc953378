// One order on its way to its customer, in virtual time on the in-memory store: what a test does to it, and what became of it.
import { createAppOn, memoryStore } from "@evenkeel/core";
import { delivery } from "../delivery.ts";
import type { Shipment } from "../ports.ts";
import { providers } from "./providers.ts";
import { virtualTime } from "../../testing/virtualTime.ts";

export const HOUR = 3_600_000;
export const TWO_SHIPMENTS: readonly Shipment[] = [
  { shipmentId: "s-1", lines: [{ sku: "LAMP", quantity: 1 }], pence: 700 }, { shipmentId: "s-2", lines: [{ sku: "MUG", quantity: 2 }], pence: 300 },
];

/** What is looked at seldom, since days pass: nobody else is there. */
const SETTINGS = { leaseMs: 600_000, pollMs: 60_000, maintainMs: 3_600_000, waitMs: 3_600_000, stallMs: 3_600_000, loopDelayMs: 3_600_000 };

export async function deliveryScene() {
  const { host, pass, done } = virtualTime();
  const { did, fails, ports, token } = providers(TWO_SHIPMENTS);
  const app = await done(createAppOn({
    services: [delivery], accepts: [delivery.start, delivery.cancel, delivery.callback, delivery.retry], ports, store: memoryStore({ host }), host,
    settings: SETTINGS,
  }));
  await done(app.start());
  const cart = { orderId: "o-1", country: "France", lines: TWO_SHIPMENTS.flatMap(({ lines }) => lines) };
  const say = async (message: Parameters<typeof app.publish>[0]): Promise<void> => {
    await done(app.publish(message));
    await pass(5_000);
  };
  return {
    did, fails, pass, token, say,
    place: () => say(delivery.start({ id: "o-1", input: cart })),
    cancel: () => say(delivery.cancel({ id: "o-1", reason: "changed their mind" })),
    review: (approved: boolean) => say(delivery.callback({ token: token("review"), data: { approved, by: "Ada" } })),
    pick: (shipmentId: string, picked = true) => say(delivery.callback({ token: token(`pick ${shipmentId}`), data: { picked } })),
    async run() {
      const run = await done(app.read(delivery.run, "o-1"));
      if (run === undefined) throw new Error("The order has no run.");
      return run;
    },
    stop: () => done(app.stop()),
  };
}
