// What a workflow's function can be thrown: a step that failed, a child that did, a cancellation. All carry plain data from the journal, so
// that every replay throws the same.
import { EvenkeelError, isHandlerFailure } from "../errors.ts";
import type { FailureData, FailureName, Operation } from "../decide/port.ts";
import type { RunFailure, StepEnd } from "./journal.ts";

const STEP = Symbol.for("evenkeel.step-failure");
const ENDS_RUN = Symbol.for("evenkeel.ends-run");

/** A step ended otherwise than `ok`: `outcome` is a declared failure of its operation, whose data is `value`, or "notPerformed". */
export interface StepFailure<Outcome extends string = string, Value = unknown> extends EvenkeelError {
  readonly step: string;
  readonly operation: string;
  readonly outcome: Outcome;
  readonly value: Value;
}

export function stepFailure(step: string, operation: string, { outcome, value, failure }: StepEnd): StepFailure {
  const why = failure === undefined ? "" : ` (${failure.code}: ${failure.message})`;
  const error = new EvenkeelError("STEP_FAILED", `Step '${step}' ended as '${outcome}'${why}.`, { details: { step, operation, outcome } });
  return Object.assign(error, { step, operation, outcome, value, [STEP]: true, [ENDS_RUN]: true });
}

/** Whether a workflow's function was thrown a step's failure. @example catch (error) { if (isStepFailure(error)) log(error.step, error.outcome); } */
export function isStepFailure(error: unknown): error is StepFailure {
  return typeof error === "object" && error !== null && STEP in error;
}

/**
 * Whether a step ended with this failure of this operation; its data is then `error.value`, typed.
 *
 * @example
 * catch (error) {
 *   if (!failedWith(error, card.charge, "declined")) throw error;
 *   w.emit(PaymentDeclined({ orderId, reason: error.value.reason }));
 * }
 */
export function failedWith<O extends Operation, F extends FailureName<O> | "notPerformed">(
  error: unknown, operation: O, outcome: F,
): error is StepFailure<F, F extends FailureName<O> ? FailureData<O, F> : undefined> {
  return isStepFailure(error) && error.operation === operation.name && error.outcome === outcome;
}

export function childFailure(name: string, status: string, failure: RunFailure): EvenkeelError {
  return endsRun(new EvenkeelError("CHILD_FAILED", `Child run '${name}' ended as '${status}' (${failure.code}: ${failure.message}).`, { details: { name, status, failure } }));
}

export function cancelled(reason: string): EvenkeelError {
  return endsRun(new EvenkeelError("RUN_CANCELLED", `The run was cancelled: ${reason}.`, { details: { reason } }));
}

/** Whether a workflow's function was thrown its cancellation. Whoever catches it must throw it again for the run to end as cancelled. */
export function isCancelled(error: unknown): error is EvenkeelError {
  return error instanceof EvenkeelError && error.code === "RUN_CANCELLED";
}

function endsRun(error: EvenkeelError): EvenkeelError {
  return Object.assign(error, { [ENDS_RUN]: true });
}

/** Whether the failure is one of the business, which a run answers by undoing its steps; anything else is a defect of its code. */
function endsTheRun(error: unknown): error is Error {
  return typeof error === "object" && error !== null && ENDS_RUN in error;
}

/** A failure that the run answers by undoing its steps; anything else is a defect of the code, which waits for a person to mend it. */
export function isOfTheBusiness(error: unknown): boolean {
  return endsTheRun(error) || (isHandlerFailure(error) && error.retry === "never");
}

export function failureOf(error: unknown): RunFailure {
  if (isHandlerFailure(error) || error instanceof EvenkeelError) return { code: error.code, message: error.message };
  return { code: "INTERNAL", message: String(error) };
}

/** Nothing could ever wake it. */
export function stalled(workflow: string, run: string): EvenkeelError {
  return new EvenkeelError(
    "WORKFLOW_STALLED",
    `Run '${run}' of workflow '${workflow}' awaits something that is none of its steps, so that nothing could ever wake it: make that a step.`,
    { details: { workflow, run } },
  );
}
