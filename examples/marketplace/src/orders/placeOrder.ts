// Places an order: every line is priced from the catalogue, never by the client. An order with an unpriced line is refused as a whole.
import type { DataOf } from "evenkeel";
import type { DoorContext, OrdersContext } from "./context.ts";
import { OrderPlaced, OrderRefused, type PlaceOrder } from "./messages.ts";
import { advance, UNKNOWN_ORDER } from "./orderState.ts";
import { pricesAt } from "./priceList.ts";

type Taking = "order" | "orderLines" | "prices" | "message" | "now" | "emit";

export function placeOrder(request: DataOf<typeof PlaceOrder>, context: Pick<OrdersContext, Taking>): Promise<void> {
  return takeOrder(request, context, (placed) => { context.emit(OrderPlaced(placed)); });
}

/** @param begin what a placed order sets in motion: it differs between the styles */
export async function takeOrder(
  request: DataOf<typeof PlaceOrder>, context: Pick<DoorContext, Taking>, begin: (placed: DataOf<typeof OrderPlaced>) => void,
): Promise<void> {
  const { order, orderLines, message, now, emit } = context;
  const { orderId, customer, country, orderedAt, lines } = request;
  const [before, priceOf] = await Promise.all([order.get(orderId), pricesAt(orderedAt, lines.map(({ sku }) => sku), context)]);
  if (before !== undefined) return;

  let pence = 0;
  const unpriced: string[] = [];
  const priced: { sku: string; quantity: number; pence: number; returned: number }[] = [];
  for (const { sku, quantity } of lines) {
    const each = priceOf(sku);
    if (each === null) unpriced.push(sku);
    else {
      pence += each * quantity;
      priced.push({ sku, quantity, pence: each, returned: 0 });
    }
  }
  const of = { customer, orderedAt, reason: null, publishedAt: message.occurredAt };
  if (unpriced.length > 0) {
    const history = [{ at: now, fact: OrderRefused.name }];
    order.put(orderId, { ...of, status: "refused", goal: null, waitsFor: [], pence: 0, closedAt: now, history });
    emit(OrderRefused({ orderId, unpriced }));
    return;
  }
  const { status, goal, waitsFor } = advance(UNKNOWN_ORDER, OrderPlaced.name);
  const history = [{ at: now, fact: OrderPlaced.name }];
  order.put(orderId, { ...of, status, goal, waitsFor: [...waitsFor], pence, closedAt: null, history });
  orderLines.put(orderId, { lines: priced });
  begin({ orderId, customer, country, pence, lines });
}
