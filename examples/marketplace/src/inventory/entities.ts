// The documents of inventory.
import { entity } from "evenkeel";
import { z } from "zod";
import { Line } from "../orders/messages.ts";

const Count = z.int().min(0);

/**
 * One SKU. What is not on hand was taken for orders: which of that is held and which is sold is said by the holds alone, so that a sale changes
 * one document and not every shelf of the order. On hand, held and sold add up to `initial`; what comes back is on hand again.
 */
export const Stock = entity("stock", { data: z.object({ initial: Count, onHand: Count }) });
/** What became of an order's stock. The state says what was done already, so that nothing is done twice. */
export const Hold = entity("hold", { data: z.object({ state: z.enum(["held", "sold", "released", "rejected"]) }) });
/** What an order took from the shelves: written once, and not again with every step of its hold. */
export const HoldLines = entity("hold_lines", { data: z.object({ lines: z.array(Line) }) });
/** A return that is back on the shelf; key: the return. */
export const Restock = entity("restock", { data: z.object({ lines: z.array(Line) }) });
