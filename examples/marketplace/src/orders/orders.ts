// Orders: prices and places an order, records every answer in its history, and says how it ended once all answers are in. Only this
// service decides that an order is confirmed or cancelled, so the two can never both be true.
import { service } from "evenkeel";
import { GoodsRestocked, StockRejected, StockReleased, StockReserved, StockSold } from "../inventory/messages.ts";
import {
  PaymentCaptured, PaymentDeclined, PaymentNothingToRefund, PaymentRefunded, RefundStuck, ReturnRefunded,
} from "../payments/messages.ts";
import { LabelBooked, LabelFailed, LabelVoided } from "../shipping/messages.ts";
import { cancelOrder } from "./cancelOrder.ts";
import { entities, emits } from "./context.ts";
import { CancelOrder, ListMonth, ListPrices, PlaceOrder, ReturnGoods } from "./messages.ts";
import { placeOrder } from "./placeOrder.ts";
import { listMonth, listPrices } from "./priceList.ts";
import { recordFact } from "./recordFact.ts";
import { recordReturnFact } from "./recordReturnFact.ts";
import { returnGoods } from "./returnGoods.ts";

export const orders = service("orders", { entities, emits })
  .on(ListPrices, listPrices)
  .on(ListMonth, listMonth)
  .on(PlaceOrder, placeOrder)
  .on(CancelOrder, cancelOrder)
  .on(ReturnGoods, returnGoods)
  .on(StockReserved, ({ orderId }, context) => recordFact(orderId, context))
  .on(StockRejected, ({ orderId, missing }, context) => recordFact(orderId, context, { missing }))
  .on(PaymentCaptured, ({ orderId }, context) => recordFact(orderId, context))
  .on(PaymentDeclined, ({ orderId, reason }, context) => recordFact(orderId, context, { reason }))
  .on(LabelBooked, ({ orderId }, context) => recordFact(orderId, context))
  .on(LabelFailed, ({ orderId, reason }, context) => recordFact(orderId, context, { reason }))
  .on(StockSold, ({ orderId }, context) => recordFact(orderId, context))
  .on(StockReleased, ({ orderId }, context) => recordFact(orderId, context))
  .on(PaymentRefunded, ({ orderId }, context) => recordFact(orderId, context))
  .on(PaymentNothingToRefund, ({ orderId }, context) => recordFact(orderId, context))
  .on(LabelVoided, ({ orderId }, context) => recordFact(orderId, context))
  .on(RefundStuck, ({ orderId, returnId, reason }, context) =>
    returnId === null ? recordFact(orderId, context, { reason }) : recordReturnFact(returnId, context))
  .on(GoodsRestocked, ({ returnId }, context) => recordReturnFact(returnId, context))
  .on(ReturnRefunded, ({ returnId }, context) => recordReturnFact(returnId, context));
