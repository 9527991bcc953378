// A port for tests, and one attempt of its calls as the call runner would make it.
import { port, type CallRequest, type Schema } from "@evenkeel/core";

/** Values are the call runner's to check: these schemas only name a type. */
function typed<T>(is: (value: unknown) => value is T): Schema<T> {
  return { "~standard": { version: 1, vendor: "test", validate: (value) => (is(value) ? { value } : { issues: [{ message: "of another type" }] }) } };
}
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

export const card = port("card", {
  charge: {
    input: typed((value): value is { pence: number } => isObject(value)),
    ok: typed((value): value is { chargeId: string } => isObject(value)),
    failures: { declined: typed((value): value is { reason: string } => isObject(value)) },
  },
  ping: { input: typed((value): value is {} => isObject(value)), ok: typed((value): value is {} => isObject(value)), reconcile: "repeat" },
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
