// The marketplace as an application, in its two styles: services that react to each other's facts, or workflows that tell services what to do.
// The same orders, inventory and notifications, the same messages at the door. It refuses to run itself.
import type { ProvidedPort } from "evenkeel";
import { providedCarrier } from "./checkout/carrier.ts";
import { checkout } from "./checkout/checkout.ts";
import { desk } from "./checkout/desk.ts";
import { takeBack } from "./checkout/takeBack.ts";
import { commandedInventory, inventory } from "./inventory/inventory.ts";
import { StockShelf } from "./inventory/messages.ts";
import { notifications } from "./notifications/notifications.ts";
import { CancelOrder, ListMonth, ListPrices, PlaceOrder, ReturnGoods } from "./orders/messages.ts";
import { orders } from "./orders/orders.ts";
import { RetryRefund } from "./payments/messages.ts";
import { payments } from "./payments/payments.ts";
import { shipping } from "./shipping/shipping.ts";

/** `choreography`: services react to facts, and nobody coordinates. `workflow`: a run per order coordinates. */
export type Style = "choreography" | "workflow";
export const STYLES: readonly Style[] = ["choreography", "workflow"];

const door = [StockShelf, ListPrices, ListMonth, PlaceOrder, CancelOrder, ReturnGoods] as const;
/** What a person sends who has had a look at what was given up. */
export const accepts = {
  choreography: [...door, RetryRefund],
  workflow: [...door, checkout.retry, takeBack.retry],
} as const;

export const services = {
  choreography: [orders, inventory, payments, shipping, notifications],
  workflow: [desk, checkout, takeBack, commandedInventory, notifications],
} as const;

/** The ports that need nothing to be reached. */
export const ownPorts: Readonly<Record<Style, readonly ProvidedPort[]>> = { choreography: [], workflow: [providedCarrier] };

/** The services that call the card port. */
export const cardServices: Readonly<Record<Style, readonly string[]>> = {
  choreography: [payments.name], workflow: [checkout.name, takeBack.name],
};
