// What the handlers of the orders service may read, write and say: one type for all of them.
import type { Context } from "evenkeel";
import { GoodsReturn, Order, OrderLines, PricePage, Purchases } from "./entities.ts";
import {
  CancelRefused, OrderCancelled, OrderCancelling, OrderCompensated, OrderConfirmed, OrderFailing, OrderNeedsAttention, OrderPlaced,
  OrderRefused, OrderRejected, ReturnAccepted, ReturnCompleted, ReturnRefused,
} from "./messages.ts";

export const entities = { order: Order, orderLines: OrderLines, prices: PricePage, purchases: Purchases, goodsReturn: GoodsReturn };
export const emits = [
  OrderPlaced, OrderRefused, OrderFailing, OrderCancelling, OrderConfirmed, OrderRejected, OrderCompensated, OrderCancelled,
  OrderNeedsAttention, CancelRefused, ReturnAccepted, ReturnRefused, ReturnCompleted,
] as const;

export type OrdersContext = Context<typeof entities, Record<never, never>, typeof emits, readonly []>;

/** What is needed at the door, where an order or a return is taken or refused: the same in both styles. */
export type DoorContext = Context<typeof entities, Record<never, never>, readonly [typeof OrderRefused, typeof ReturnRefused], readonly []>;
