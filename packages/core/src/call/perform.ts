// From provided ports to the world that the call runner asks: one attempt with its timeout, the answer checked against the operation, every
// throw turned into what it says about the effect. It never throws, never retries, and leaves no timer behind.
import type { Operation, ProvidedOperation, ProvidedPort } from "../decide/port.ts";
import { isNotPerformed } from "../decide/port.ts";
import { ERRORS, EvenkeelError, isEvenkeelError, type ErrorCode } from "../errors.ts";
import type { CallFailure, CallRecord } from "../message/call.ts";
import { encodeBody, type BodyLimits } from "../message/codec.ts";
import { validate } from "../message/schema.ts";
import { afterMsOf } from "../resilience/policy-errors.ts";
import type { Host } from "../spi/host.ts";
import type { AskResult, PerformResult, World } from "../spi/world.ts";
import { storableFailure } from "./call-outcome.ts";
import { callPolicy } from "./call-policy.ts";

interface Bound { readonly operation: Operation; readonly provided: ProvidedOperation }
type Run = ProvidedOperation["perform"];

/** How an attempt's promise ended, or that nobody waits for it any more. */
type End =
  | { readonly kind: "answered"; readonly answer: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timeout"; readonly afterMs: number }
  | { readonly kind: "aborted" };

type Answer = Extract<AskResult, { kind: "ok" | "failure" | "unknown" }>;

const LIMITS: BodyLimits = { maxBodyLength: 262_144, onLargeBody: () => undefined };

/** @param limits bound an answer's JSON; default 262,144 characters. */
export function provideWorld(ports: readonly ProvidedPort[], host: Host, limits: BodyLimits = LIMITS): World {
  const table = new Map<string, Bound>();
  for (const { port, implementation } of ports) {
    for (const [name, operation] of Object.entries(port)) {
      const provided = implementation[name];
      if (provided !== undefined) table.set(operation.name, { operation, provided });
    }
  }
  return {
    perform: async (call, signal): Promise<PerformResult> => {
      const bound = table.get(call.operation);
      if (bound === undefined) return notPerformed(`The application provides no operation '${call.operation}': provide its port.`);
      let input: unknown;
      try {
        input = readInput(bound, call);
      } catch (error) {
        return notPerformed(`The input of the call is not what '${call.operation}' declares: ${textOf(error)}`);
      }
      if (signal.aborted) return notPerformed("The call was taken away before it was begun.");
      const end = await attempt(host, bound, bound.provided.perform, call, input, signal);
      if (end.kind === "threw" && isNotPerformed(end.error)) return notPerformed(textOf(end.error), end.error.afterMs, end.error.retry === "never");
      return conclusion(end, bound, limits);
    },
    ask: async (call, signal): Promise<AskResult> => {
      const bound = table.get(call.operation);
      const ask = bound?.provided.ask;
      if (bound === undefined || ask === undefined) {
        return unknown("CALL_UNKNOWN", `The application provides no way to ask for calls of '${call.operation}'.`);
      }
      let input: unknown;
      try {
        input = readInput(bound, call);
      } catch (error) {
        return unknown("CALL_UNKNOWN", `The input of the call is not what '${call.operation}' declares: ${textOf(error)}`);
      }
      const end = await attempt(host, bound, ask, call, input, signal);
      if (end.kind === "answered" && kindOf(end.answer) === "absent") return { kind: "absent" };
      return conclusion(end, bound, limits);
    },
  };
}

function readInput({ operation }: Bound, call: CallRecord): unknown {
  const parsed: unknown = JSON.parse(call.input);
  return validate(operation.spec.input, parsed, operation.name);
}

function attempt(host: Host, { operation }: Bound, run: Run, call: CallRecord, input: unknown, outer: AbortSignal): Promise<End> {
  const controller = new AbortController();
  // What its deadline leaves; a question past the deadline has the whole timeout.
  const { timeoutMs } = callPolicy(operation.spec);
  const boundMs = call.deadlineInMs > 0 ? Math.min(timeoutMs, call.deadlineInMs) : timeoutMs;
  return new Promise<End>((resolve) => {
    const finish = (end: End): void => {
      cancelTimeout();
      outer.removeEventListener("abort", taken);
      resolve(end);
    };
    const taken = (): void => {
      controller.abort(outer.reason);
      finish({ kind: "aborted" });
    };
    let timedOut = false;
    const cancelTimeout = host.after(boundMs, () => {
      timedOut = true;
      controller.abort(new EvenkeelError("CALL_TIMEOUT", timeoutText(operation, boundMs)));
      // Whoever has not sent anything yet can say so at once: that is certain, and spares a question.
      host.soon(() => { finish({ kind: "timeout", afterMs: boundMs }); });
    });
    outer.addEventListener("abort", taken, { once: true });
    if (outer.aborted) { taken(); return; }
    const request = {
      input: input as never, key: call.callKey, tenant: call.tenant, callId: call.id, correlationId: call.correlationId, trace: call.trace,
      attempt: call.attempts, deadline: host.elapsed() + boundMs, signal: controller.signal,
    };
    // In an async function, so that a synchronous throw is a rejection; whatever comes after the end is ignored.
    (async () => run(request))().then(
      (answer: unknown) => { if (!timedOut) finish({ kind: "answered", answer }); },
      (error: unknown) => { if (!timedOut || isNotPerformed(error)) finish({ kind: "threw", error }); },
    );
  });
}

function timeoutText({ name, spec }: Operation, afterMs: number): string {
  const left = afterMs < callPolicy(spec).timeoutMs ? ", which its deadline left" : "";
  return `'${name}' did not answer within ${String(Math.ceil(afterMs))} ms${left}: whether its effect happened is not known.`;
}

function conclusion(end: End, { operation }: Bound, limits: BodyLimits): Answer {
  switch (end.kind) {
    case "timeout": return unknown("CALL_TIMEOUT", timeoutText(operation, end.afterMs));
    case "aborted": return unknown("CALL_UNKNOWN", `The attempt of '${operation.name}' was aborted: its worker stopped or lost it.`);
    case "threw": return unknown(codeOf(end.error), textOf(end.error), afterMsOf(end.error));
    case "answered": return readAnswer(end.answer, operation, limits);
  }
}

function readAnswer(answer: unknown, operation: Operation, limits: BodyLimits): Answer {
  const kind = kindOf(answer);
  const { ok, failures = {} } = operation.spec;
  const schema = kind === "ok" ? ok : kind !== null && Object.hasOwn(failures, kind) ? failures[kind] : undefined;
  if (kind === null || schema === undefined) {
    const shown = kind === null ? "no kind" : `the kind ${JSON.stringify(kind)}`;
    return unknown("CALL_OUTCOME_INVALID", `The port answered '${operation.name}' with ${shown}: answer 'ok' or a declared failure.`);
  }
  try {
    const data: unknown = typeof answer === "object" && answer !== null && "value" in answer ? answer.value : undefined;
    const { body: value } = encodeBody(schema, data, `the answer '${kind}' of ${operation.name}`, limits);
    return kind === "ok" ? { kind: "ok", value } : { kind: "failure", name: kind, value };
  } catch (error) {
    return unknown("CALL_OUTCOME_INVALID", textOf(error));
  }
}

function kindOf(answer: unknown): string | null {
  return typeof answer === "object" && answer !== null && "kind" in answer && typeof answer.kind === "string" ? answer.kind : null;
}

function notPerformed(message: string, afterMs: number | null = null, final = false): Extract<PerformResult, { kind: "notPerformed" }> {
  const usable = afterMs !== null && Number.isFinite(afterMs) && afterMs >= 0 ? afterMs : null;
  return { kind: "notPerformed", failure: failure("CALL_NOT_PERFORMED", message), afterMs: usable, ...(final ? { final } : {}) };
}

function unknown(code: ErrorCode, message: string, afterMs: number | null = null): Extract<AskResult, { kind: "unknown" }> {
  return { kind: "unknown", failure: failure(code, message), ...(afterMs === null ? {} : { afterMs }) };
}

/** A typed error about calls keeps its code; of all others only their text is known. */
function codeOf(error: unknown): ErrorCode {
  return isEvenkeelError(error) && Object.hasOwn(ERRORS, error.code) && ERRORS[error.code].area === "call" ? error.code : "CALL_UNKNOWN";
}

function failure(code: ErrorCode, message: string): CallFailure {
  return storableFailure({ code, message });
}

/** Users throw anything; even reading a text from it may throw. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "an error without a readable text";
  }
}
