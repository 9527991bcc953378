// Cart to delivery, the long form of an order: hours of a person's thought and days of a warehouse's work in one function.
//
// Until the first parcel leaves, everything that was done is undone in reverse when a step fails, a person says no, a time is over or the
// customer cancels. From then on the order stands: a cancellation is refused, and a parcel that cannot follow is paid back by itself.
import { terminal, workflow } from "evenkeel";
import { z } from "zod";
import { Delivered, emits, ports, type DeliveryContext } from "./context.ts";
import { depart } from "./depart.ts";
import { bank, Cart, catalogue, parcels, reviews, stock, warehouse, type Shipment } from "./ports.ts";

/** A person's word on an order. */
const Verdict = z.object({ approved: z.boolean(), by: z.string() });
/** The warehouse's word on a shipment. */
const Picked = z.object({ picked: z.boolean() });

/** Longer than a review may take. */
const RESERVED_HOURS = 36;
const REVIEW = { hours: 24 };
const PICK = { days: 3 };
const AT_ONCE = 4;

/** What the workflow is, but for its function. */
export const options = { input: Cart, ports, emits, announces: true, maxAttempts: 5 };

export async function deliver(cart: Cart, w: DeliveryContext) {
  const { orderId, country, lines } = cart;
  const { pence, shipments } = await w.readonly("validate", catalogue.validate, cart);
  const held = await w.step("reserve", stock.reserve, { orderId, lines, hours: RESERVED_HOURS }, { undo: stock.release, undoInput: (value) => value });
  const authorized = await w.step("authorize", bank.authorize, { orderId, pence }, { undo: bank.void, undoInput: (value) => value });
  await review(orderId, pence, w);
  await w.step("commit", stock.commit, held, { undo: stock.uncommit });
  const captured = await w.step("capture", bank.capture, { ...authorized, pence }, { undo: bank.refund, undoInput: (value) => value });
  const announced = await w.map(shipments, { atMost: AT_ONCE }, (shipment) => announce(shipment, country, w));
  const { shipped, left } = await depart(announced, w);
  if (shipped.length === 0) throw terminal("NOTHING_PICKED", "The warehouse could pick nothing of the order.");
  for (const { shipmentId, label, pickId, pence: part } of left) {
    await w.retriable(`recall ${shipmentId}`, warehouse.recall, { pickId });
    await w.retriable(`void the label of ${shipmentId}`, parcels.voidLabel, { shipmentId, label });
    await w.retriable(`pay back ${shipmentId}`, bank.refund, { ...captured, pence: part });
    await w.retriable(`restock ${shipmentId}`, stock.restock, { ...held, shipmentId });
  }
  const paidBack = left.map(({ shipmentId }) => shipmentId);
  w.emit(Delivered({ orderId, shipped, paidBack }));
  return { shipped, paidBack };
}

export const delivery = workflow("delivery", options, deliver);

/** Has a person look at the order; returns once they have approved. */
async function review(orderId: string, pence: number, w: DeliveryContext): Promise<void> {
  const { token, answer } = w.callback("review", Verdict, { within: REVIEW });
  await w.step("open the review", reviews.open, { orderId, pence, token }, { undo: reviews.close, undoInput: (value) => value });
  const verdict = await answer;
  if (verdict === undefined) throw terminal("REVIEW_LAPSED", "Nobody reviewed the order in time.");
  if (!verdict.approved) throw terminal("REVIEW_REFUSED", `${verdict.by} refused the order.`);
}

/** Has a shipment labelled, and the warehouse told to pick it. */
async function announce(shipment: Shipment, country: string, w: DeliveryContext) {
  const { shipmentId } = shipment;
  const { label } = await w.step(`label ${shipmentId}`, parcels.label, { shipmentId, country }, { undo: parcels.voidLabel, undoInput: (value) => value });
  const { token, answer } = w.callback(`pick ${shipmentId}`, Picked, { within: PICK });
  const { pickId } = await w.step(`notify ${shipmentId}`, warehouse.notify, { ...shipment, label, token }, {
    undo: warehouse.recall, undoInput: (value) => value,
  });
  return { ...shipment, label, pickId, picked: { answer } };
}
