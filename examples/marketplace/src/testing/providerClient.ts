// A plain client of the provider, for tests: four calls, each with a closed set of answers. (The marketplace calls it through an HTTP port,
// `payments/providedCard.ts`.) What brings no answer throws a `ProviderError` that says whether the call was certainly not performed or whether
// nobody knows. It refuses to retry.
import type { z } from "zod";
import {
  BeyondCaptured, Captured, ChargeRecord, Declined, Problem, Processing, Refunded, RefundRecord, type ChargeBody, type RefundBody,
} from "../provider/contract.ts";
import { exchange, type Exchange } from "../provider/exchange.ts";
import { ProviderError } from "../provider/providerError.ts";

interface ProviderCall {
  /** Where the provider listens. @example "http://127.0.0.1:8123" */
  readonly url: string;
  /** The business key of this one intended effect. @example "order-17/charge" */
  readonly key: string;
  /** Gives the call up; what was sent before is then unknown. Without it a call waits for ever. */
  readonly signal?: AbortSignal;
}

type ChargeAnswer =
  | { readonly kind: "ok"; readonly charge: Captured }
  | { readonly kind: "declined"; readonly reason: string }
  | { readonly kind: "refused"; readonly code: "KEY_REUSED"; readonly message: string };

type RefundAnswer =
  | { readonly kind: "ok"; readonly refund: Refunded }
  | { readonly kind: "refused"; readonly code: "KEY_REUSED" | "NO_SUCH_CHARGE"; readonly message: string }
  | { readonly kind: "refused"; readonly code: "BEYOND_CAPTURED"; readonly message: string; readonly refundablePence: number };

/**
 * What a key stands for. `processing`: accepted, and it may still be performed, so ask again later. `absent`: neither performed nor in
 * processing at this moment; a request that is still travelling can change that.
 */
type Found<Kept> =
  | { readonly kind: "found"; readonly record: Kept }
  | { readonly kind: "processing" }
  | { readonly kind: "absent" };

/**
 * Captures an amount, at most once per key: the same key and body give the same answer however often they are sent.
 *
 * @throws ProviderError `performed: "no"` or `"unknown"`
 * @example await charge({ url, key: "order-17/charge", body: { orderId: "order-17", customer: "17850", pence: 1530 } })
 * // { kind: "ok", charge: { kind: "captured", id: "ch_1", key: "order-17/charge", orderId: "order-17", customer: "17850", pence: 1530 } }
 */
export async function charge(call: ProviderCall & { readonly body: ChargeBody }): Promise<ChargeAnswer> {
  const request = { ...call, method: "POST", path: "/charges" } as const;
  const { status, text } = await exchange(request);
  if (status === 200) return { kind: "ok", charge: read(Captured, text, request) };
  if (status === 402) return { kind: "declined", reason: read(Declined, text, request).reason };
  const problem = problemOf(status, text, request);
  if (problem.code === "KEY_REUSED") return { kind: "refused", code: problem.code, message: problem.message };
  throw unintelligible(request, status);
}

/** Gives back part or all of a captured charge, at most once per key. Refused beyond what was captured and not refunded yet. */
export async function refund(call: ProviderCall & { readonly body: RefundBody }): Promise<RefundAnswer> {
  const request = { ...call, method: "POST", path: "/refunds" } as const;
  const { status, text } = await exchange(request);
  if (status === 200) return { kind: "ok", refund: read(Refunded, text, request) };
  if (status === 422 && text.startsWith('{"kind":"beyond captured"')) {
    const { refundablePence } = read(BeyondCaptured, text, request);
    return { kind: "refused", code: "BEYOND_CAPTURED", message: `Only ${refundablePence} pence are left to refund.`, refundablePence };
  }
  const problem = problemOf(status, text, request);
  if (problem.code === "KEY_REUSED" || problem.code === "NO_SUCH_CHARGE") return { kind: "refused", code: problem.code, message: problem.message };
  throw unintelligible(request, status);
}

/** Asks what became of a charge. Performs nothing; an error says only that there was no answer. */
export function findCharge(call: ProviderCall): Promise<Found<ChargeRecord>> {
  return find(call, "/charges/by-key/", ChargeRecord);
}

/** Asks what became of a refund. Performs nothing; an error says only that there was no answer. */
export function findRefund(call: ProviderCall): Promise<Found<RefundRecord>> {
  return find(call, "/refunds/by-key/", RefundRecord);
}

async function find<Kept>({ key, ...call }: ProviderCall, path: string, schema: z.ZodType<Kept>): Promise<Found<Kept>> {
  const request = { ...call, method: "GET", path: path + encodeURIComponent(key) } as const;
  const { status, text } = await exchange(request);
  if (status === 200) return { kind: "found", record: read(schema, text, request) };
  if (status === 202) return { kind: read(Processing, text, request).kind };
  if (status === 404 && read(Problem, text, request).code === "NOT_FOUND") return { kind: "absent" };
  problemOf(status, text, request);
  throw unintelligible(request, status);
}

/** The problem an answer speaks of; throws where it is no answer to the question asked. */
function problemOf(status: number, text: string, request: Exchange): Problem {
  const problem = read(Problem, text, request);
  if (status === 503 && problem.code === "DOWN") throw new ProviderError("PROVIDER_DOWN", nameOf(request), problem.message);
  if (status === 400 || status === 404 || status === 413) throw new ProviderError("PROVIDER_REJECTED_REQUEST", nameOf(request), `${problem.message} Correct the request`);
  if (status >= 500) throw new ProviderError("PROVIDER_FAILED", nameOf(request), problem.message);
  return problem;
}

function read<T>(schema: z.ZodType<T>, text: string, request: Exchange): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ProviderError("PROVIDER_FAILED", nameOf(request), `The answer is not one of this provider's: ${text.slice(0, 100)}. Is something else listening there?`, { cause });
  }
}

function unintelligible(request: Exchange, status: number): ProviderError {
  return new ProviderError("PROVIDER_FAILED", nameOf(request), `The answer ${status} does not belong to this request. Ask by key.`);
}

function nameOf({ method, path, key }: Exchange): string {
  return `${method} ${path}${key === undefined ? "" : ` with key ${key}`}`;
}
