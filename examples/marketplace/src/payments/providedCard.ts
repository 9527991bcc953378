// The card port over the payment provider's HTTP interface: how each request is made, what the provider's own statuses stand for, and how its
// answers are read. Connections, keys, limits and all other ends are the HTTP port's; it refuses to retry: that is the platform's.
import { httpClient } from "@evenkeel/http";
import { provide, type ProvidedPort } from "evenkeel";
import { z } from "zod";
import { BeyondCaptured, Captured, ChargeRecord, Declined, Problem, Refunded, RefundRecord } from "../provider/contract.ts";
import { card } from "./card.ts";

/** Only this word of the provider's is its promise that there is nothing: a wrong address answers 404, too. */
const NotFound = z.object({ kind: z.literal("problem"), code: z.literal("NOT_FOUND") });

function absent(problem: unknown): { readonly kind: "absent" } {
  NotFound.parse(problem);
  return { kind: "absent" };
}

/** @param url where the provider listens */
export function providedCard(url: string): ProvidedPort {
  // As many as charges and refunds may be under way in one process. The provider knows no tenants: the key that is sent carries them.
  const provider = httpClient({ url, connections: 64 });
  return provide(card, {
    charge: provider.operation(card.charge, {
      request: ({ input: { orderId, customer, pence } }) => ({ path: "/charges", json: { orderId, customer, pence } }),
      // 409: the key was used with another body. 503: it is down, and performed nothing.
      statuses: { 402: "declined", 409: "refused", 503: "notPerformed" },
      read: (reply) => {
        if (reply.kind === "ok") return { kind: "ok", value: { chargeId: Captured.parse(reply.json()).id } };
        if (reply.kind === "declined") return { kind: "declined", value: { reason: Declined.parse(reply.json()).reason } };
        return { kind: "refused", value: { reason: Problem.parse(reply.json()).message } };
      },
      ask: {
        request: ({ idempotencyKey }) => ({ path: ["charges", "by-key", idempotencyKey] }),
        // 202: still being processed.
        statuses: { 202: "unknown", 404: "absent" },
        read: (reply) => {
          if (reply.kind === "absent") return absent(reply.json());
          const found = ChargeRecord.parse(reply.json());
          return found.kind === "captured" ? { kind: "ok", value: { chargeId: found.id } } : { kind: "declined", value: { reason: found.reason } };
        },
      },
    }),
    refund: provider.operation(card.refund, {
      request: ({ input, tenant }) => ({ path: "/refunds", json: { chargeKey: `${tenant}/${input.chargeKey}`, pence: input.pence } }),
      statuses: { 409: "refused", 422: "refused", 503: "notPerformed" },
      read: (reply) => {
        if (reply.kind === "ok") return { kind: "ok", value: { refundId: Refunded.parse(reply.json()).id } };
        return { kind: "refused", value: { reason: whyRefused(z.union([BeyondCaptured, Problem]).parse(reply.json())) } };
      },
      ask: {
        request: ({ idempotencyKey }) => ({ path: ["refunds", "by-key", idempotencyKey] }),
        statuses: { 202: "unknown", 404: "absent" },
        read: (reply) => {
          if (reply.kind === "absent") return absent(reply.json());
          const found = RefundRecord.parse(reply.json());
          return found.kind === "refunded" ? { kind: "ok", value: { refundId: found.id } } : { kind: "refused", value: { reason: whyRefused(found) } };
        },
      },
    }),
  });
}

function whyRefused(refusal: z.infer<typeof BeyondCaptured | typeof Problem>): string {
  return refusal.kind === "problem" ? refusal.message : `Only ${refusal.refundablePence} pence are left to refund.`;
}
