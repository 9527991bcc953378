// The card port over the payment provider's HTTP client. An answer is an answer; "certainly not performed" is said as such; whatever
// else happens is thrown on, which makes the outcome unknown. It refuses to retry: that is the platform's.
import { notPerformed, provide, type ProvidedPort } from "evenkeel";
import { charge, findCharge, findRefund, refund } from "../provider/client.ts";
import { ProviderError } from "../provider/providerError.ts";
import { card } from "./card.ts";

/** The provider knows no tenants: its keys carry them. */
const scoped = (tenant: string, key: string): string => `${tenant}/${key}`;

/** @param url where the provider listens */
export function providedCard(url: string): ProvidedPort {
  return provide(card, {
    charge: {
      perform: async ({ key, tenant, input, signal }) => {
        const body = { orderId: input.orderId, customer: input.customer, pence: input.pence };
        const answer = await said(charge({ url, key: scoped(tenant, key), signal, body }));
        if (answer.kind === "ok") return { kind: "ok", value: { chargeId: answer.charge.id } };
        return { kind: answer.kind, value: { reason: answer.kind === "declined" ? answer.reason : answer.message } };
      },
      ask: async ({ key, tenant, signal }) => {
        const found = await findCharge({ url, key: scoped(tenant, key), signal });
        if (found.kind === "absent") return { kind: "absent" };
        if (found.kind === "processing") throw new Error(`The provider is still processing ${key}: ask again.`);
        if (found.record.kind === "captured") return { kind: "ok", value: { chargeId: found.record.id } };
        return { kind: "declined", value: { reason: found.record.reason } };
      },
    },
    refund: {
      perform: async ({ key, tenant, input, signal }) => {
        const body = { chargeKey: scoped(tenant, input.chargeKey), pence: input.pence };
        const answer = await said(refund({ url, key: scoped(tenant, key), signal, body }));
        if (answer.kind === "ok") return { kind: "ok", value: { refundId: answer.refund.id } };
        return { kind: "refused", value: { reason: answer.message } };
      },
      ask: async ({ key, tenant, signal }) => {
        const found = await findRefund({ url, key: scoped(tenant, key), signal });
        if (found.kind === "absent") return { kind: "absent" };
        if (found.kind === "processing") throw new Error(`The provider is still processing ${key}: ask again.`);
        if (found.record.kind === "refunded") return { kind: "ok", value: { refundId: found.record.id } };
        return { kind: "refused", value: { reason: `only ${found.record.refundablePence} pence are left to refund` } };
      },
    },
  });
}

async function said<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProviderError && error.performed === "no") throw notPerformed(error.message, { cause: error });
    throw error;
  }
}
