// What ends a pending order, alike in both designs: only a pending one can be confirmed or cancelled, so whatever comes twice or late does nothing.
import type { EntityAccess } from "evenkeel";
import type { z } from "zod";
import type { Order } from "./documents.ts";
import { OrderCancelled } from "./messages.ts";

interface Orders { readonly order: EntityAccess<z.infer<typeof Order>> }
interface Telling extends Orders { emit(cancelled: ReturnType<typeof OrderCancelled>): void }
interface Whose { readonly user: string }

export async function confirmPending({ user }: Whose, { order }: Orders): Promise<void> {
  if ((await order.get(user))?.status === "pending") order.put(user, { status: "confirmed" });
}

/** Tells the others, once. */
export async function cancelPending({ user }: Whose, { order, emit }: Telling): Promise<void> {
  if ((await order.get(user))?.status !== "pending") return;
  order.put(user, { status: "cancelled" });
  emit(OrderCancelled({ user }));
}
