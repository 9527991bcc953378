// The card port: what payments needs of a payment provider, and how patiently. It refuses to know how a provider is reached.
import { port } from "evenkeel";
import { z } from "zod";
import { Customer, Id } from "../orders/messages.ts";

/** A hanging provider is given up after two seconds; one that is down is tried for some seconds before the order fails. */
const policy = { timeoutMs: 2_000, concurrency: 32, attempts: 12, backoffMs: 50, maxBackoffMs: 1_000, deadlineMs: 15 * 60_000 } as const;

export const card = port("card", {
  charge: {
    input: z.object({ orderId: Id, customer: Customer, pence: z.int().positive() }),
    ok: z.object({ chargeId: z.string() }),
    failures: { declined: z.object({ reason: z.string() }), refused: z.object({ reason: z.string() }) },
    ...policy,
  },
  refund: {
    /** `returnId` is null where the whole charge goes back. */
    input: z.object({ orderId: Id, returnId: Id.nullable(), chargeKey: z.string(), pence: z.int().positive() }),
    ok: z.object({ refundId: z.string() }),
    failures: { refused: z.object({ reason: z.string() }) },
    ...policy,
    deadlineMs: 24 * 3_600_000,
    // Refunds are few: some that fail are refunds that fail, and somebody must look at them; only many are an outage, to be waited out.
    breaker: { minimumCalls: 50 },
  },
});

/** The business key of an order's one charge. */
export const chargeKey = (orderId: string): string => `${orderId}/charge`;
/** The business key of giving a whole charge back, or one return's part of it. */
export const refundKey = (orderId: string, returnId: string | null): string =>
  returnId === null ? `${orderId}/refund` : `${orderId}/refund/${returnId}`;
