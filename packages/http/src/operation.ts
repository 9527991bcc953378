// One operation of a port over HTTP: makes its request, reads its answer, and says what every other end means for the effect. It performs one
// attempt; retries, questions and deadlines are the call runner's.
import { EvenkeelError, isEvenkeelError, isNotPerformed, notPerformed } from "@evenkeel/core";
import type { AnswerOf, CallRequest, FailureName, InputOfOperation, Operation } from "@evenkeel/core";
import { exchanged, type Exchanged, type ExchangerSettings } from "./exchanger.ts";
import type { Secrets } from "./redaction.ts";
import { reply, type HttpReply } from "./reply.ts";
import { safeText } from "./safe-text.ts";
import type { HttpRequest, WireRequest } from "./wire-request.ts";

/** One attempt, with the business key as it is sent. */
export interface HttpCall<Input> extends CallRequest<Input> {
  /** What the idempotency header carries: the key by which the provider knows the effect. */
  readonly idempotencyKey: string;
}

type Request<O extends Operation> = (call: HttpCall<InputOfOperation<O>>) => HttpRequest | PromiseLike<HttpRequest>;
type Read<O extends Operation, Kind extends string, A> = (reply: HttpReply<Kind>, call: HttpCall<InputOfOperation<O>>) => A | PromiseLike<A>;

/** How an operation is performed over HTTP. */
export interface HttpPerform<O extends Operation> {
  /** The request of one attempt; POST unless it says otherwise. */
  readonly request: Request<O>;
  /** What a status stands for, where the default is not right: "ok", a declared failure, `notPerformed` (try again) or `unknown`. */
  readonly statuses?: Readonly<Record<number, "ok" | "notPerformed" | "unknown" | FailureName<O>>>;
  /** Reads an answer that is "ok" or a declared failure. Default: its JSON is the value, held to the schema of its kind. */
  readonly read?: Read<O, "ok" | FailureName<O>, AnswerOf<O>>;
}

/** How an operation is asked for by its key. */
export interface HttpAsk<O extends Operation> {
  /** The question; GET unless it says otherwise. No idempotency key is sent. */
  readonly request: Request<O>;
  /** What a status stands for. `absent` is never assumed: name the status by which the provider promises it. */
  readonly statuses?: Readonly<Record<number, "ok" | "absent" | "unknown" | FailureName<O>>>;
  /** Reads an answer that is "ok", a declared failure or "absent". Default: its JSON is the value. */
  readonly read?: Read<O, "ok" | "absent" | FailureName<O>, AnswerOf<O> | { readonly kind: "absent" }>;
}

/** An operation over HTTP: with `ask`, unless it is declared with `reconcile: "repeat"`. */
export type HttpOperation<O extends Operation> = HttpPerform<O> & (O["spec"]["reconcile"] extends "repeat" ? {} : { readonly ask: HttpAsk<O> });

/** The types of an operation erased: what its code is run with. */
interface ErasedAsk {
  readonly request: (call: HttpCall<never>) => HttpRequest | PromiseLike<HttpRequest>;
  readonly statuses?: Readonly<Record<number, string>>;
  readonly read?: (reply: HttpReply<never>, call: HttpCall<never>) => unknown;
}
export interface ErasedOperation extends ErasedAsk { readonly ask?: ErasedAsk }
interface Erased { readonly kind: string; readonly value?: unknown }

/** What makes the wire's request of a user's: the client knows headers and limits. */
type Wire = (request: HttpRequest, call: HttpCall<never>, purpose: "perform" | "ask") => WireRequest;

export async function perform(settings: ExchangerSettings, wire: Wire, spec: ErasedAsk, call: HttpCall<never>): Promise<Erased> {
  try {
    const done = await exchanged(settings, await made(wire, spec, call, "perform"), call);
    const declared = spec.statuses?.[done.answer.status];
    if (declared === "notPerformed") throw done.error("HTTP_BUSY", `it was answered with ${String(done.answer.status)}`);
    return await readAnswer(done, declared, spec, call);
  } catch (error) {
    if (!isEvenkeelError(error) || error.details["performed"] !== "no") throw error;
    const { afterMs } = error.details;
    throw notPerformed(error.message, { cause: error, retry: error.retry, ...(typeof afterMs === "number" ? { afterMs } : {}) });
  }
}

/** Whatever is no answer to the question is thrown, and means that nobody knows. */
export async function ask(settings: ExchangerSettings, wire: Wire, spec: ErasedAsk, call: HttpCall<never>): Promise<Erased> {
  const done = await exchanged(settings, await made(wire, spec, call, "ask"), call);
  const declared = spec.statuses?.[done.answer.status];
  if (declared === "absent" && spec.read === undefined) return { kind: "absent" };
  return readAnswer(done, declared, spec, call);
}

/** Nothing has been sent yet, whatever is thrown here. */
async function made(wire: Wire, spec: ErasedAsk, call: HttpCall<never>, purpose: "perform" | "ask"): Promise<WireRequest> {
  try {
    return wire(await spec.request(call), call, purpose);
  } catch (error) {
    if (isNotPerformed(error) || (isEvenkeelError(error) && error.code === "HTTP_REQUEST_INVALID")) throw error;
    throw new EvenkeelError("HTTP_NOT_SENT", `No request was made: ${safeText(error)}`, { details: { performed: "no" } });
  }
}

async function readAnswer(done: Exchanged, declared: string | undefined, spec: ErasedAsk, call: HttpCall<never>): Promise<Erased> {
  const { answer } = done;
  const kind = declared ?? done.meaning;
  if (declared === undefined || declared === "unknown") throwUnlessOk(done, declared);
  throwUnlessWhole(done);
  const read = reply(kind, answer);
  let value: unknown;
  try {
    value = spec.read === undefined ? { kind, value: read.json() } : await spec.read(read as HttpReply<never>, call);
  } catch (error) {
    throw unreadable(done, read, error);
  }
  return clean(done, read, value);
}

/** The status has no declared meaning: what it says by itself. */
export function throwUnlessOk(done: Exchanged, declared?: "unknown"): void {
  const status = String(done.answer.status);
  switch (declared ?? done.meaning) {
    case "ok": return;
    case "again": throw done.error("HTTP_BUSY", `it was answered with ${status}`);
    case "unauthorized": throw done.error("HTTP_UNAUTHORIZED", `it was answered with ${status}`);
    case "refused": throw done.error("HTTP_REFUSED", `it was answered with ${status}`);
    case "unknown": throw done.error("HTTP_FAILED", `it was answered with ${status}${status.startsWith("3") ? ", a redirect, which is not followed" : ""}`);
  }
}

export function throwUnlessWhole(done: Exchanged): void {
  const { status, incomplete } = done.answer;
  if (incomplete === "tooLarge") throw done.error("HTTP_ANSWER_TOO_LARGE", `its answer ${String(status)} is longer than maxResponseBytes`);
  if (incomplete === "lost") throw done.error("HTTP_LOST", `its answer ${String(status)} was cut short`);
}

/** What `read` says on purpose is passed on without secrets; anything else is a mistake in it, while the effect may have happened. */
function unreadable(done: Exchanged, read: HttpReply, error: unknown): Error {
  const secrets = done.secrets().addFields(jsonOf(read));
  if (isNotPerformed(error)) {
    return notPerformed(secrets.scrub(error.message), { retry: error.retry, ...(error.afterMs === null ? {} : { afterMs: error.afterMs }) });
  }
  return done.error("CALL_OUTCOME_INVALID", secrets.scrub(`its answer ${String(read.status)} could not be read: ${safeText(error)}`));
}

/** What is handed on is stored: without secret fields, and without what was sent as a secret. */
function clean(done: Exchanged, read: HttpReply, value: unknown): Erased {
  const answer: Erased = typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string"
    ? { kind: value.kind, ...("value" in value ? { value: value.value } : {}) } : { kind: "" };
  const secrets: Secrets = done.secrets();
  if (secrets.isEmpty || answer.value === undefined) return answer;
  return { kind: answer.kind, value: secrets.addFields(jsonOf(read)).scrubValue(answer.value) };
}

function jsonOf(read: HttpReply): unknown {
  try {
    return read.json();
  } catch {
    return null;
  }
}
