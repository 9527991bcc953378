// The public names of @evenkeel/core, listed by hand.

// Define what is said: messages.
export { event, command } from "./message/definition.ts";
export type { AnyMessageDefinition, DataOf, MessageDefinition, NewMessage, Upcasts } from "./message/definition.ts";
export type { Envelope, Message } from "./message/envelope.ts";
export type { Schema } from "./message/schema.ts";

// Define who acts: services, their entities, ports and declared SQL.
export { service } from "./decide/service.ts";
export type { AnyService, Context, Service, When } from "./decide/service.ts";
export { entity } from "./decide/entity.ts";
export type { AnyEntity, DocumentOf, Entity, EntityAccess } from "./decide/entity.ts";
export { port, provide, notPerformed, isNotPerformed } from "./decide/port.ts";
export { DEFAULT_DEADLINE_MS } from "./decide/operation-spec.ts";
export type { OperationSpec } from "./decide/operation-spec.ts";
export type {
  AnswerOf, CallRequest, FailureName, Implementation, ImplementationOf, InputOfOperation, Operation, Port, ProvidedPort,
} from "./decide/port.ts";
export { statement } from "./decide/sql.ts";
export type { Statement } from "./decide/sql.ts";

// Define processes that survive crashes: workflows.
export { workflow } from "./workflow/define.ts";
export type { AnyWorkflow, Workflow, WorkflowOptions } from "./workflow/define.ts";
export type { PendingCallback, Received, StepOptions, WorkflowContext } from "./workflow/context.ts";
export type { Duration } from "./workflow/duration.ts";
export { failedWith, isCancelled, isStepFailure } from "./workflow/failures.ts";
export type { StepFailure } from "./workflow/failures.ts";
// Whoever exports an application with a workflow needs their names in its types.
export type {
  Callback as RunCallback, Cancel as RunCancel, Ended as RunEnded, Restart as RunRestart, Retry as RunRetry, Start as RunStart,
} from "./workflow/messages.ts";
export type { RunView, RunWait } from "./workflow/inspect.ts";
export type { RunStep } from "./workflow/run-steps.ts";
export type { Answer, Entry, Restarted, RunDocument, RunFailure, RunStatus, Stray } from "./workflow/journal.ts";

// Define what happens at set times: schedules.
export { schedule } from "./schedule/define.ts";
export type { Schedule, SendOptions, StartOptions } from "./schedule/define.ts";
export { every } from "./schedule/calendar.ts";
export type { Calendar } from "./schedule/calendar.ts";
export type { Occurrence, Overlap, ScheduleDocument } from "./schedule/plan.ts";
export type { CatchUp } from "./schedule/settle.ts";

// Say what a failure means.
export { terminal, transient, isHandlerFailure, EvenkeelError, isEvenkeelError, ERRORS } from "./errors.ts";
export type { ErrorCode, HandlerFailure, RetryClass } from "./errors.ts";

// Make calls of the outside safe, around any function.
export { policyOn } from "./resilience/policy.ts";
export { singleFlight } from "./resilience/single-flight.ts";
export type { SingleFlight } from "./resilience/single-flight.ts";
export type { Degradable, Policy, PolicyFn, PolicyState, RunOptions } from "./resilience/policy.ts";
export type { PolicyAttempt } from "./resilience/attempt.ts";
export type { PolicyOptions, RetrySettings } from "./resilience/policy-options.ts";
export type { BreakerPhase } from "./spi/breakers.ts";
export type { BreakerSettings } from "./resilience/breaker.ts";
export type { BulkheadSettings } from "./resilience/bulkhead.ts";
export type { RetryBudgetSettings } from "./resilience/retry-budget.ts";

// Choose their settings from a record.
export { calibrate } from "./resilience/calibration/calibrate.ts";
export type { Calibration, CalibrationOptions, OutageReport } from "./resilience/calibration/calibrate.ts";
export type { CallOutcome, OutcomeSource } from "./resilience/calibration/call-outcome.ts";
export type { CalmCalls, TimeoutAdvice } from "./resilience/calibration/calm.ts";
export type { CandidateReport } from "./resilience/calibration/recommend.ts";
export type { Outage } from "./resilience/calibration/outage-detection.ts";
export type { OpenPhase, OutageResponse } from "./resilience/calibration/candidate-replay.ts";
export type { TimelineBin } from "./resilience/calibration/timeline.ts";

// Refuse names of options that nobody reads.
export { checkOptionNames } from "./message/option-names.ts";
export type { OptionNames } from "./message/option-names.ts";

// Run an application.
export { createAppOn } from "./app.ts";
export type { App, AppOptions, AppStats, AppTransaction } from "./app.ts";
export { DEFAULT_SETTINGS, parseSettings, retryHorizonMs } from "./settings.ts";
export type { Settings, SettingsInput } from "./settings.ts";
export type { Health } from "./resilience/stall-watch.ts";
export type { StallFinding } from "./resilience/stall-findings.ts";
export type { Wait, WaitKind } from "./spi/waits.ts";
export type { PublishOptions } from "./log/publisher.ts";
export type { DeadLetters, DeadLetterRef, OperatorNote } from "./operate.ts";
export type { RedrivenAll, RedriveFailure } from "./operate/redrive-all.ts";
export { deadLetters } from "./operate.ts";
export { durableCalls } from "./operate/durable-calls.ts";
export type { CallList, CallRef, CallResolution, DurableCalls, RetryNote } from "./operate/durable-calls.ts";
export { sharedBreakers } from "./operate/shared-breakers.ts";
export type { SharedBreakers } from "./operate/shared-breakers.ts";
export { DEFAULT_TENANT } from "./tenancy.ts";

// See what handlers read, for tests.
export { observeReads } from "./decide/read-watch.ts";
export type { HandlerReads, ReadCount } from "./decide/read-watch.ts";

// The in-memory form of the store, for tests and the checker.
export { memoryStore } from "./memory/memory-store.ts";
