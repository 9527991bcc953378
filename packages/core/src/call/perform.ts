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
import type { AskResult, AttemptSignal, PerformResult, World } from "../spi/world.ts";
import { AttemptRequest } from "./attempt-request.ts";
import { storableFailure } from "./call-outcome.ts";
import { callPolicy } from "./call-policy.ts";

interface Bound { readonly operation: Operation; readonly provided: ProvidedOperation; readonly timeoutMs: number }
type Run = ProvidedOperation["perform"];

/** How an attempt's promise ended, or that nobody waits for it any more. */
type End =
  | { readonly kind: "answered"; readonly answer: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timeout"; readonly afterMs: number }
  | { readonly kind: "aborted" };

type Answer = Extract<AskResult, { kind: "ok" | "failure" | "unknown" }>;

const NOTHING = (): void => undefined;
const LIMITS: BodyLimits = { maxBodyLength: 262_144, onLargeBody: () => undefined };

/** @param limits bound an answer's JSON; default 262,144 characters. */
export function provideWorld(ports: readonly ProvidedPort[], host: Host, limits: BodyLimits = LIMITS): World {
  const table = new Map<string, Bound>();
  for (const { port, implementation } of ports) {
    for (const [name, operation] of Object.entries(port)) {
      const provided = implementation[name];
      if (provided !== undefined) table.set(operation.name, { operation, provided, timeoutMs: callPolicy(operation.spec).timeoutMs });
    }
  }
  return {
    perform: (call, signal) => {
      const bound = table.get(call.operation);
      if (bound === undefined) return Promise.resolve(notPerformed(`The application provides no operation '${call.operation}': provide its port.`));
      let input: unknown;
      try {
        input = readInput(bound, call);
      } catch (error) {
        return Promise.resolve(notPerformed(`The input of the call is not what '${call.operation}' declares: ${textOf(error)}`));
      }
      if (signal.aborted) return Promise.resolve(notPerformed("The call was taken away before it was begun."));
      return ending((end) => performedOf(end, bound, limits), (end) => { new Attempt(host, bound, call, input, signal, end).run(bound.provided.perform); });
    },
    ask: (call, signal) => {
      const bound = table.get(call.operation);
      const ask = bound?.provided.ask;
      if (bound === undefined || ask === undefined) {
        return Promise.resolve(unknown("CALL_UNKNOWN", `The application provides no way to ask for calls of '${call.operation}'.`));
      }
      let input: unknown;
      try {
        input = readInput(bound, call);
      } catch (error) {
        return Promise.resolve(unknown("CALL_UNKNOWN", `The input of the call is not what '${call.operation}' declares: ${textOf(error)}`));
      }
      return ending((end) => askedOf(end, bound, limits), (end) => { new Attempt(host, bound, call, input, signal, end).run(ask); });
    },
  };
}

/** Resolves with what the end comes to. Users answer with anything: even reading that may throw. */
function ending<Result>(conclude: (end: End) => Result, begin: (end: (end: End) => void) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    begin((end) => {
      try {
        resolve(conclude(end));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(textOf(error)));
      }
    });
  });
}

function performedOf(end: End, bound: Bound, limits: BodyLimits): PerformResult {
  if (end.kind === "threw" && isNotPerformed(end.error)) return notPerformed(textOf(end.error), end.error.afterMs, end.error.retry === "never");
  return conclusion(end, bound, limits);
}

function askedOf(end: End, bound: Bound, limits: BodyLimits): AskResult {
  return end.kind === "answered" && kindOf(end.answer) === "absent" ? { kind: "absent" } : conclusion(end, bound, limits);
}

function readInput({ operation }: Bound, call: CallRecord): unknown {
  const parsed: unknown = JSON.parse(call.input);
  return validate(operation.spec.input, parsed, operation.name);
}

/** One attempt under way: it ends once, and whatever comes after its end is ignored. */
class Attempt {
  readonly #host: Host;
  readonly #bound: Bound;
  readonly #outer: AttemptSignal;
  readonly #end: (end: End) => void;
  readonly #boundMs: number;
  readonly #request: AttemptRequest;
  readonly #taken: () => void;
  #cancelTimeout: () => void = NOTHING;
  #stage: "under way" | "timed out" | "over" = "under way";

  constructor(host: Host, bound: Bound, call: CallRecord, input: unknown, outer: AttemptSignal, end: (end: End) => void) {
    this.#host = host;
    this.#bound = bound;
    this.#outer = outer;
    this.#end = end;
    // What its deadline leaves; a question past the deadline has the whole timeout.
    this.#boundMs = call.deadlineInMs > 0 ? Math.min(bound.timeoutMs, call.deadlineInMs) : bound.timeoutMs;
    this.#request = new AttemptRequest(call, input, host.elapsed() + this.#boundMs);
    this.#taken = () => {
      this.#request.abort();
      this.#finish({ kind: "aborted" });
    };
  }

  run(run: Run): void {
    if (this.#outer.aborted) { this.#taken(); return; }
    this.#cancelTimeout = this.#host.after(this.#boundMs, () => { this.#timeOut(); });
    this.#outer.addEventListener("abort", this.#taken);
    let answer: unknown;
    try {
      answer = run(this.#request);
    } catch (error) {
      this.#threw(error);
      return;
    }
    // Without types a port may return anything.
    Promise.resolve(answer).then((given) => { this.#answered(given); }, (error: unknown) => { this.#threw(error); });
  }

  #answered(answer: unknown): void {
    if (this.#stage === "under way") this.#finish({ kind: "answered", answer });
  }

  #threw(error: unknown): void {
    if (this.#stage === "under way" || isNotPerformed(error)) this.#finish({ kind: "threw", error });
  }

  #timeOut(): void {
    this.#stage = "timed out";
    this.#request.abort(new EvenkeelError("CALL_TIMEOUT", timeoutText(this.#bound, this.#boundMs)));
    // Whoever has not sent anything yet can say so at once: that is certain, and spares a question.
    this.#host.soon(() => { this.#finish({ kind: "timeout", afterMs: this.#boundMs }); });
  }

  #finish(end: End): void {
    if (this.#stage === "over") return;
    this.#stage = "over";
    this.#cancelTimeout();
    this.#outer.removeEventListener("abort", this.#taken);
    this.#end(end);
  }
}

function timeoutText({ operation: { name }, timeoutMs }: Bound, afterMs: number): string {
  const left = afterMs < timeoutMs ? ", which its deadline left" : "";
  return `'${name}' did not answer within ${String(Math.ceil(afterMs))} ms${left}: whether its effect happened is not known.`;
}

function conclusion(end: End, bound: Bound, limits: BodyLimits): Answer {
  const { operation } = bound;
  switch (end.kind) {
    case "timeout": return unknown("CALL_TIMEOUT", timeoutText(bound, end.afterMs));
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
