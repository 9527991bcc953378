// The outcome that an operator gives a call, in the form in which the runner stores outcomes. It is held to the operation's schema twice: at
// the door, where a bad one is a typed error, and by the owner, whose definitions decide.
import type { Operation } from "../decide/port.ts";
import { EvenkeelError, isEvenkeelError } from "../errors.ts";
import { encodeBody, type BodyLimits } from "../message/codec.ts";
import type { CallControlOutcome, OpenCallControl } from "../spi/call-controls.ts";
import { storableFailure, type Outcome } from "./call-outcome.ts";
import type { ControlVerdict } from "./call-runner-state.ts";

const NO_REASON = "An operator found that the effect did not happen.";

/**
 * The stored form of an outcome. Throws `DATA_INVALID` with the path of each wrong field, or for an outcome that the operation does not
 * declare; `DATA_NOT_JSON` and `DATA_TOO_LARGE`.
 */
export function resolutionOf(operation: Operation, kind: string, data: unknown, limits: BodyLimits): CallControlOutcome {
  if (kind === "notPerformed") {
    if (data !== undefined && data !== null && typeof data !== "string") {
      throw new EvenkeelError("DATA_INVALID", `The reason of 'notPerformed' for a call of '${operation.name}' is not a text: give a text, or nothing.`);
    }
    return { name: kind, value: JSON.stringify(data ?? NO_REASON) };
  }
  const { ok, failures = {} } = operation.spec;
  const schema = kind === "ok" ? ok : Object.hasOwn(failures, kind) ? failures[kind] : undefined;
  if (schema === undefined) {
    const known = ["ok", ...Object.keys(failures), "notPerformed"].join(", ");
    throw new EvenkeelError("DATA_INVALID", `Operation '${operation.name}' declares no outcome '${kind}': give one of ${known}.`, { details: { kind } });
  }
  return { name: kind, value: encodeBody(schema, data, `the outcome '${kind}' of ${operation.name}`, limits).body };
}

/** What an owner makes of a request. @param operation undefined where this application no longer declares it. */
export function judge({ action, outcome, deadlineMs, operation: name }: OpenCallControl, operation: Operation | undefined, limits: BodyLimits): ControlVerdict {
  switch (action) {
    case "retry": return { kind: "retry", deadlineMs };
    case "abandon": return { kind: "abandon" };
    case "resolve": {
      if (operation === undefined) return { kind: "refused", reason: `the application declares no operation '${name}' that an outcome could be held to` };
      if (outcome === null) return { kind: "refused", reason: "a resolution needs an outcome" };
      try {
        const data: unknown = JSON.parse(outcome.value);
        return { kind: "resolve", outcome: asOutcome(resolutionOf(operation, outcome.name, data, limits), data) };
      } catch (error) {
        // A schema of the user's may throw anything; one request must not keep the others from being read.
        const { code, message } = isEvenkeelError(error) ? error : { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) };
        return { kind: "refused", reason: storableFailure({ code, message: `${code}: ${message}` }).message };
      }
    }
  }
}

function asOutcome({ name, value }: CallControlOutcome, data: unknown): Outcome {
  if (name !== "notPerformed") return { kind: "value", name, value };
  return { kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: typeof data === "string" ? data : NO_REASON } };
}
