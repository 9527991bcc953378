// The marketplace as an application: its services and what it accepts at its door. It refuses to run itself.
import { inventory } from "./inventory/inventory.ts";
import { StockShelf } from "./inventory/messages.ts";
import { notifications } from "./notifications/notifications.ts";
import { CancelOrder, ListPrices, PlaceOrder, ReturnGoods } from "./orders/messages.ts";
import { orders } from "./orders/orders.ts";
import { RetryRefund } from "./payments/messages.ts";
import { payments } from "./payments/payments.ts";
import { shipping } from "./shipping/shipping.ts";

export const services = [orders, inventory, payments, shipping, notifications];
export const accepts = [StockShelf, ListPrices, PlaceOrder, CancelOrder, ReturnGoods, RetryRefund] as const;
