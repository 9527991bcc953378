// The errors of a policy, and what it reads from the errors of others. It throws nothing.
import { EvenkeelError, isEvenkeelError, isHandlerFailure, type ErrorCode } from "../errors.ts";
import type { Verdict } from "./breaker.ts";

export function circuitOpen(name: string, afterMs: number): EvenkeelError {
  const wait = Math.ceil(afterMs);
  return new EvenkeelError(
    "CIRCUIT_OPEN", `The circuit breaker of '${name}' is open: the call was not made. Try again in ${String(wait)} ms, or answer without it.`,
    { details: { policy: name, afterMs: wait } },
  );
}

export function bulkheadFull(name: string, concurrency: number, queue: number): EvenkeelError {
  return new EvenkeelError(
    "BULKHEAD_FULL",
    `'${name}' has ${String(concurrency)} calls under way and ${String(queue)} waiting, as many as allowed: the call was not made. Try later, or shed load.`,
    { details: { policy: name, concurrency, queue } },
  );
}

/** @param begun whether an attempt was under way: then its effect may have happened. */
export function deadlineExceeded(name: string, begun: boolean): EvenkeelError {
  const what = begun ? "while the call was under way: it was aborted, and whether its effect happened is not known" : "before the call was made";
  return new EvenkeelError("DEADLINE_EXCEEDED", `The deadline of '${name}' passed ${what}. Give it more time, or find out what took it.`, { details: { policy: name, begun } });
}

export function callTimedOut(name: string, timeoutMs: number): EvenkeelError {
  return new EvenkeelError(
    "CALL_TIMEOUT", `'${name}' did not answer within ${String(timeoutMs)} ms and was aborted: whether its effect happened is not known. Ask by its key, or repeat what may be repeated.`,
    { details: { policy: name, timeoutMs } },
  );
}

const POLICY_CODES: ReadonlySet<string> = new Set<ErrorCode>(["CIRCUIT_OPEN", "BULKHEAD_FULL", "CALL_TIMEOUT", "DEADLINE_EXCEEDED"]);

/** Whether a policy made this error: then it speaks of the call, whatever a judge of the dependency's errors would say. */
export function isPolicyError(error: unknown): boolean {
  return isEvenkeelError(error) && POLICY_CODES.has(error.code);
}

/** What an error says where the policy's author says nothing: whatever can never succeed is an answer, everything else a failure. */
export function verdictOf(error: unknown): Extract<Verdict, "answer" | "failure"> {
  return (isHandlerFailure(error) || isEvenkeelError(error)) && error.retry === "never" ? "answer" : "failure";
}

/** The least delay that a failure asks for, in milliseconds: its `afterMs`, as `transient` and `notPerformed` carry it. */
export function afterMsOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null) return null;
  const holder: object = isEvenkeelError(error) ? error.details : error;
  if (!("afterMs" in holder)) return null;
  const { afterMs } = holder;
  return typeof afterMs === "number" && afterMs >= 0 && afterMs < Infinity ? afterMs : null;
}
