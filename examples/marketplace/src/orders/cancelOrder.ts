// Cancels an order, at any moment before it is confirmed: what is held is released, what is captured is refunded, a label is voided.
// Afterwards the parcel may have left: that is refused, and the goods can come back as a return.
import type { DataOf } from "evenkeel";
import type { OrdersContext } from "./context.ts";
import { CancelRefused, type CancelOrder } from "./messages.ts";
import { advance } from "./orderState.ts";
import { recordFact } from "./recordFact.ts";

export async function cancelOrder({ orderId }: DataOf<typeof CancelOrder>, context: OrdersContext): Promise<void> {
  const { order, message, emit } = context;
  const before = await order.get(orderId);
  const isCancellable = before !== undefined && before.status !== "cancelling" && advance(before, message.name).status === "cancelling";
  if (isCancellable) return recordFact(orderId, context);
  emit(CancelRefused({ orderId, status: before?.status ?? "unknown" }));
}
