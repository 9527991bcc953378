// Records what happened to a return: it is completed once the goods are back on the shelf and the money is back with the customer.
import { terminal } from "evenkeel";
import type { OrdersContext } from "./context.ts";
import { ReturnCompleted } from "./messages.ts";

export async function recordReturnFact(returnId: string, { goodsReturn, message, now, emit }: OrdersContext): Promise<void> {
  const before = await goodsReturn.get(returnId);
  if (before === undefined) {
    const advice = "find out who sent it, then skip this dead letter";
    throw terminal("RETURN_UNKNOWN", `'${message.name}' belongs to return ${returnId}, which does not exist: ${advice}.`);
  }
  const history = [...before.history, { at: now, fact: message.name }];
  if (message.name === "refund.stuck") {
    goodsReturn.put(returnId, { ...before, status: "needs attention", history });
    return;
  }
  const answered = message.name === "goods.restocked" ? "inventory" : "payments";
  const waitsFor = before.waitsFor.filter((party) => party !== answered);
  if (waitsFor.length > 0) {
    const status = answered === "payments" ? "accepted" : before.status;
    goodsReturn.put(returnId, { ...before, status, waitsFor, history });
    return;
  }
  goodsReturn.put(returnId, { ...before, status: "completed", waitsFor, closedAt: now, history });
  emit(ReturnCompleted({ returnId, pence: before.pence }));
}
