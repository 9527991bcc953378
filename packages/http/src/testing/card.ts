// A port for tests, and one attempt of its calls as the call runner would make it.
import { port, type CallRequest } from "@evenkeel/core";
import { z } from "zod";

export const card = port("card", {
  charge: {
    input: z.object({ pence: z.number().int() }),
    ok: z.object({ chargeId: z.string() }),
    failures: { declined: z.object({ reason: z.string() }) },
  },
  ping: { input: z.object({}), ok: z.object({}), reconcile: "repeat" },
});

export function callOf(more: Partial<CallRequest<{ pence: number }>> = {}): CallRequest<{ pence: number }> {
  return {
    input: { pence: 500 }, key: "order-1/charge", tenant: "default", callId: "call-1", correlationId: "c", trace: null, attempt: 1,
    deadline: performance.now() + 10_000, signal: new AbortController().signal, ...more,
  };
}

/** How an attempt ended, in words: "ok …", "notPerformed …", "unknown CODE …". */
export async function endOf(attempt: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await attempt);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const retry = "retry" in error ? String(error.retry) : "";
    const afterMs = "afterMs" in error && typeof error.afterMs === "number" ? ` after ${String(error.afterMs)}` : "";
    if (error.name === "NotPerformed") return `notPerformed ${retry}${afterMs}: ${error.message}`;
    return `unknown ${"code" in error ? String(error.code) : error.name}: ${error.message}`;
  }
}
