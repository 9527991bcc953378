// The payment provider's contract, read by both sides of the wire: what is sent, what is answered, what is kept.
// It refuses to know the marketplace: an order id is text to it, and a key is whatever the caller chose.
import { z } from "zod";

const Text = z.string().min(1).max(200);
const Pence = z.int().positive().max(100_000_000_000);

/** Asks to capture an amount in pence (pounds sterling only). */
export const ChargeBody = z.strictObject({ orderId: Text, customer: Text.nullable(), pence: Pence });
export type ChargeBody = z.infer<typeof ChargeBody>;

/** Asks to give back part or all of a charge, named by the key it was captured under: known even where its answer was lost. */
export const RefundBody = z.strictObject({ chargeKey: Text, pence: Pence });
export type RefundBody = z.infer<typeof RefundBody>;

export const Captured = z.strictObject({ kind: z.literal("captured"), id: Text, key: Text, ...ChargeBody.shape });
export const Declined = z.strictObject({ kind: z.literal("declined"), key: Text, ...ChargeBody.shape, reason: Text });
export const Refunded = z.strictObject({ kind: z.literal("refunded"), id: Text, key: Text, ...RefundBody.shape });
export const BeyondCaptured = z.strictObject({ kind: z.literal("beyond captured"), key: Text, ...RefundBody.shape, refundablePence: z.int().min(0) });

/** What is kept under a charge's key, and answered to everyone who sends that key with that body again. */
export const ChargeRecord = z.discriminatedUnion("kind", [Captured, Declined]);
export const RefundRecord = z.discriminatedUnion("kind", [Refunded, BeyondCaptured]);
export const AnyRecord = z.discriminatedUnion("kind", [Captured, Declined, Refunded, BeyondCaptured]);
export type Captured = z.infer<typeof Captured>;
export type Refunded = z.infer<typeof Refunded>;
export type ChargeRecord = z.infer<typeof ChargeRecord>;
export type RefundRecord = z.infer<typeof RefundRecord>;
export type AnyRecord = z.infer<typeof AnyRecord>;

/** Answers that are kept nowhere, by HTTP status: 400, 404, 409, 413, 422, 500, 503. */
export const Problem = z.strictObject({
  kind: z.literal("problem"),
  code: z.enum(["BAD_REQUEST", "NOT_FOUND", "KEY_REUSED", "TOO_LARGE", "NO_SUCH_CHARGE", "INTERNAL", "DOWN"]),
  message: z.string(),
});
export type Problem = z.infer<typeof Problem>;

/** A key that has been accepted and is not settled yet: what comes of it is not known to anyone. */
export const Processing = z.strictObject({ kind: z.literal("processing"), key: Text });

const Probability = z.number().min(0).max(1).default(0);

/** The fault switches; what is left out is off. */
export const Faults = z
  .strictObject({
    /** Share of charge keys declined as `card declined`: always the same keys for a seed, however often they are sent. */
    decline: Probability,
    /** Charges above this amount are declined as `limit exceeded`. */
    declineAbovePence: Pence.nullable().default(null),
    /** Charges of these customers are declined as `customer blocked`. */
    declineCustomers: z.array(Text).default([]),
    /** Every request is processed so much later; a caller who gave up meanwhile does not stop it. */
    delayMs: z.int().min(0).max(600_000).default(0),
    /** Share of requests never answered; every other one of them has been performed. */
    hang: Probability,
    /** Share of requests that are performed and then lose their connection. */
    dropAfterCharging: Probability,
    /** Share of requests that lose their connection and are not performed. */
    dropBeforeCharging: Probability,
    /** Share of requests answered with 500; every other one of them has been performed. */
    error500: Probability,
    /** The four shares above meet questions by key, too, which perform nothing. */
    questions: z.boolean().default(false),
    /** Nobody listens for so long, beginning once these switches are answered; open connections are cut. */
    refuseForMs: z.int().min(0).max(600_000).default(0),
    /** Answers 503 to everything but `/health`, `/ledger`, `/traffic` and `/faults`, and performs nothing. */
    down: z.boolean().default(false),
    seed: z.int().default(1),
  })
  .refine((faults) => faults.hang + faults.dropAfterCharging + faults.dropBeforeCharging + faults.error500 <= 1, {
    error: "hang, dropAfterCharging, dropBeforeCharging and error500 exclude each other: together they may be 1 at most",
  });
export type Faults = z.infer<typeof Faults>;
export type FaultSwitches = z.input<typeof Faults>;

export const Health = z.strictObject({
  kind: z.enum(["up", "down"]),
  captured: z.int(),
  declined: z.int(),
  refunded: z.int(),
  processing: z.int(),
});
export type Health = z.infer<typeof Health>;

/**
 * What reached the provider, for each tenth of a second in which something did: when it began, requests, and the most of those about charges
 * (to charge, and questions by key) that were under way at once.
 */
export const Traffic = z.strictObject({
  kind: z.literal("traffic"),
  bucketMs: z.int(),
  buckets: z.array(z.tuple([z.int(), z.int(), z.int()]).readonly()).readonly(),
});
export type Traffic = z.infer<typeof Traffic>;

/** The last line of the ledger: without it the ledger was cut short. */
const LedgerEnd = z.strictObject({ kind: z.literal("end"), charges: z.int(), refunds: z.int() });
export const LedgerLine = z.discriminatedUnion("kind", [Captured, Refunded, LedgerEnd]);
export type LedgerEntry = Captured | Refunded;
