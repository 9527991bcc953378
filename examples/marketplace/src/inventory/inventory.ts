// Inventory, in both styles: choreographed it reacts to what happened to an order, commanded it does what the checkout asks for. What it does
// to its shelves is the same.
import { service } from "evenkeel";
import { OrderCancelling, OrderFailing, OrderPlaced, ReturnAccepted } from "../orders/messages.ts";
import { LabelBooked } from "../shipping/messages.ts";
import { emits, entities } from "./context.ts";
import { ReleaseStock, ReserveStock, RestockGoods, SellStock, StockShelf } from "./messages.ts";
import { giveBack, reserve, restock, sell, shelve } from "./stockKeeping.ts";

export const inventory = service("inventory", { entities, emits })
  .on(StockShelf, shelve)
  .on(OrderPlaced, reserve)
  .on(LabelBooked, ({ orderId }, context) => sell(orderId, context))
  .on(OrderFailing, ({ orderId }, context) => giveBack(orderId, context))
  .on(OrderCancelling, ({ orderId }, context) => giveBack(orderId, context))
  .on(ReturnAccepted, ({ returnId, lines }, context) => restock(returnId, lines, context));

export const commandedInventory = service("inventory", { entities, emits })
  .on(StockShelf, shelve)
  .on(ReserveStock, reserve)
  .on(SellStock, ({ orderId }, context) => sell(orderId, context))
  .on(ReleaseStock, ({ orderId }, context) => giveBack(orderId, context))
  .on(RestockGoods, ({ returnId, lines }, context) => restock(returnId, lines, context));
