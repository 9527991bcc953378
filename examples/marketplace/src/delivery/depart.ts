// The parcels of an order leave one by one, each when it is picked. The first decides: it is the run's pivot, and if it cannot leave, none does.
import type { DeliveryContext } from "./context.ts";
import { parcels, type Shipment } from "./ports.ts";

interface Announced extends Shipment {
  readonly label: string;
  readonly pickId: string;
  readonly picked: { readonly answer: Promise<{ readonly picked: boolean } | undefined> };
}

/** Waits for all picks. `left`: what was not picked, or not in time. */
export async function depart(announced: readonly Announced[], w: DeliveryContext) {
  let first: Promise<unknown> | null = null;
  const gone = await w.map(announced, { atMost: announced.length }, async ({ shipmentId, label, picked }) => {
    const answer = await picked.answer;
    if (answer?.picked !== true) return false;
    if (first === null) {
      first = w.pivot(`ship ${shipmentId}`, parcels.ship, { shipmentId, label });
      await first;
      return true;
    }
    await first;
    await w.retriable(`ship ${shipmentId}`, parcels.ship, { shipmentId, label });
    return true;
  });
  const shipped = announced.filter((_one, index) => gone[index] === true).map(({ shipmentId }) => shipmentId);
  return { shipped, left: announced.filter((_one, index) => gone[index] !== true) };
}
