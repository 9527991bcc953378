// The front door: what a user imports, listed by hand.

// Messages.
export { event, command } from "@evenkeel/core";
export type { DataOf, Envelope, MessageDefinition, NewMessage, Schema } from "@evenkeel/core";

// Services, their entities, ports and declared SQL.
export { service, entity, port, provide, notPerformed, statement } from "@evenkeel/core";
export type { CallRequest, Context, Entity, EntityAccess, Implementation, Port, ProvidedPort, Service, Statement } from "@evenkeel/core";

// Workflows.
export { workflow, failedWith, isCancelled, isStepFailure } from "@evenkeel/core";
export type { AnyWorkflow, Duration, PendingCallback, Received, StepFailure, Workflow, WorkflowContext } from "@evenkeel/core";
export type { RunDocument, RunStatus, RunStep, RunView, RunWait } from "@evenkeel/core";
export type { RunCallback, RunCancel, RunEnded, RunRestart, RunRetry, RunStart } from "@evenkeel/core";

// Schedules.
export { schedule, every } from "@evenkeel/core";
export { cron } from "./cron.ts";
export type { CronOptions } from "./cron.ts";
export type { Calendar, CatchUp, Occurrence, Overlap, Schedule, ScheduleDocument } from "@evenkeel/core";

// Failures.
export { terminal, transient, EvenkeelError, isEvenkeelError, ERRORS } from "@evenkeel/core";
export type { ErrorCode } from "@evenkeel/core";

// Calls of the outside from any function.
export { policy } from "./policy.ts";
export { singleFlight } from "@evenkeel/core";
export type { NodePolicyOptions } from "./policy.ts";
export { calibrate } from "@evenkeel/core";
export type { Calibration, CalibrationOptions, CallOutcome, OutcomeSource } from "@evenkeel/core";
export type { Degradable, Policy, PolicyAttempt, PolicyOptions, PolicyState, RunOptions, SingleFlight } from "@evenkeel/core";

// Applications.
export { createApp } from "./create-app.ts";
export type { CreateAppOptions } from "./create-app.ts";
export { consoleLog } from "./console-log.ts";
export type { CallList, CallRef, CallResolution, DurableCalls, RetryNote } from "@evenkeel/core";
export type { SharedBreakers } from "@evenkeel/core";
export type { App, AppStats, Health, StallFinding, Wait, AppTransaction, DeadLetters, OperatorNote, PublishOptions, SettingsInput } from "@evenkeel/core";

// What a file given to `evenkeel worker` is handed.
export type { WorkerOptions } from "@evenkeel/cli";
