// Takes goods back: finds the customer's earlier orders they came from, newest first, at the prices paid there. More than was bought
// and not returned yet is refused, as a whole: a return is refunded and restocked completely or not at all.
import type { DataOf } from "evenkeel";
import type { DoorContext, OrdersContext } from "./context.ts";
import { ReturnAccepted, ReturnRefused, type ReturnGoods } from "./messages.ts";

type LinesDocument = NonNullable<Awaited<ReturnType<DoorContext["orderLines"]["get"]>>>;

/** Orders looked at together; most returns are of a recent one. */
const ORDERS_PER_LOOK = 8;

export function returnGoods(request: DataOf<typeof ReturnGoods>, context: OrdersContext): Promise<void> {
  return takeReturn(request, context, (accepted) => { context.emit(ReturnAccepted(accepted)); });
}

/** @param begin what an accepted return sets in motion: it differs between the styles */
export async function takeReturn(
  request: DataOf<typeof ReturnGoods>, context: DoorContext, begin: (accepted: DataOf<typeof ReturnAccepted>) => void,
): Promise<void> {
  const { goodsReturn, orderLines, message, now, emit } = context;
  const { returnId, lines } = request;
  const [before, candidates] = await Promise.all([goodsReturn.get(returnId), candidatesOf(request, context)]);
  if (before !== undefined) return;

  const open = new Map<string, number>();
  for (const { sku, quantity } of lines) open.set(sku, quantity);
  const changed: { orderId: string; document: LinesDocument; pence: number }[] = [];
  for (let from = 0; from < candidates.length && open.size > 0; from += ORDERS_PER_LOOK) {
    const orderIds = candidates.slice(from, from + ORDERS_PER_LOOK);
    const documents = await Promise.all(orderIds.map((orderId) => orderLines.get(orderId)));
    for (const [index, orderId] of orderIds.entries()) {
      const document = documents[index];
      if (document === undefined) continue;
      const { lines, pence } = take(document.lines, open);
      if (pence > 0) changed.push({ orderId, document: { ...document, lines }, pence });
    }
  }

  const publishedAt = message.occurredAt;
  if (open.size > 0) {
    const beyond = lines.filter(({ sku }) => open.has(sku))
      .map(({ sku, quantity }) => ({ sku, asked: quantity, returnable: quantity - (open.get(sku) ?? 0) }));
    const history = [{ at: now, fact: ReturnRefused.name }];
    goodsReturn.put(returnId, { status: "refused", waitsFor: [], pence: 0, lines, publishedAt, closedAt: now, history });
    emit(ReturnRefused({ returnId, beyond }));
    return;
  }
  for (const { orderId, document } of changed) orderLines.put(orderId, document);
  const parts = changed.map(({ orderId, pence }) => ({ orderId, pence }));
  goodsReturn.put(returnId, {
    status: "accepted", waitsFor: ["inventory", "payments"], pence: parts.reduce((sum, part) => sum + part.pence, 0), lines, publishedAt,
    closedAt: null, history: [{ at: now, fact: ReturnAccepted.name }],
  });
  begin({ returnId, lines, parts });
}

/** The customer's orders up to the day of the return, newest first. */
async function candidatesOf({ customer, returnedAt }: DataOf<typeof ReturnGoods>, { purchases }: DoorContext): Promise<string[]> {
  if (customer === null) return [];
  const bought = await purchases.get(customer);
  const earlier = (bought?.orders ?? []).filter((one) => one.orderedAt <= returnedAt);
  return earlier.sort((a, b) => (a.orderedAt < b.orderedAt ? 1 : a.orderedAt > b.orderedAt ? -1 : 0)).map((one) => one.orderId);
}

/** Takes as much of what is open as the order has left, out of `open`; returns the lines as they are then, and what that cost. */
function take(lines: LinesDocument["lines"], open: Map<string, number>): { lines: LinesDocument["lines"]; pence: number } {
  let pence = 0;
  const after = lines.map((line) => {
    const wanted = open.get(line.sku);
    if (wanted === undefined) return line;
    const units = Math.min(wanted, line.quantity - line.returned);
    if (units === 0) return line;
    pence += units * line.pence;
    if (units === wanted) open.delete(line.sku);
    else open.set(line.sku, wanted - units);
    return { ...line, returned: line.returned + units };
  });
  return { lines: after, pence };
}
