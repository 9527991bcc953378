// The engine as a package entry: `decide`, the making of a commit, and the three step machines, for a tool that drives them itself, as the
// checker does. Users of the platform do not need it, and it promises no stability beyond this repository.

// Deciding: one message, its handler, its reads → its changes.
export { decide } from "./decide/decide.ts";
export type { Decider, Watchdog, Watched } from "./decide/decide.ts";
export { routesOf } from "./decide/routes.ts";
export type { OutcomeBody } from "./decide/routes.ts";
export type { DocumentReader, RunSettings } from "./decide/recorder.ts";
export { PendingRead } from "./decide/pending-read.ts";
export { decideBatch } from "./decide/batch.ts";
export { Newness } from "./decide/newness.ts";
export { DocumentCache } from "./decide/document-cache.ts";
export type { DocumentState } from "./decide/documents.ts";
export { documentId } from "./decide/documents.ts";
export { checkDefinitions, manifestOf } from "./decide/check.ts";
export { encode, decode } from "./message/codec.ts";
export { derivedId, hash128 } from "./message/hash.ts";
export type { CallRecord, NewCall } from "./message/call.ts";
export type { Changes, Decision, DocumentRef, Failure } from "./message/changes.ts";
export type { Routes } from "./decide/routes.ts";
export { outcomeName } from "./decide/service.ts";
export { callRevival, keyRevival, reviveName } from "./message/revival-message.ts";
export { readRevivals } from "./memory/memory-revivals.ts";
export { parkStatus } from "./deliver/park.ts";
export { callPolicy } from "./call/call-policy.ts";
export { provideWorld } from "./call/perform.ts";
export type { CallPolicy } from "./call/call-policy.ts";
export { outcomeEnvelope } from "./call/call-outcome.ts";
export { merge } from "./deliver/merge.ts";
export type { MergedChanges } from "./deliver/merge.ts";

// The machines: state and input → state and requests.
export type { Machine } from "./deliver/machine.ts";
export { executor } from "./deliver/executor.ts";
export { buildCommit } from "./deliver/executor-batch.ts";
export { newExecutor } from "./deliver/executor-state.ts";
export type { ExecutorInput, ExecutorRequest, ExecutorState } from "./deliver/executor-state.ts";
export { callRunner } from "./call/call-runner.ts";
export { newCallRunner } from "./call/call-runner-state.ts";
export type { CallRunnerInput, CallRunnerRequest, CallRunnerState } from "./call/call-runner-state.ts";
export { newTimerOwner, timerOwner } from "./deliver/timer-owner.ts";
export type { TimerOwnerInput, TimerOwnerRequest } from "./deliver/timer-owner.ts";

// Settings that the machines take.
export type { ExecutorSettings } from "./deliver/executor-state.ts";
export type { BatchItem } from "./decide/batch.ts";

// The rules of the in-memory store on a state that its user holds, forks and looks into; `memoryStore` is the same rules behind the SPI.
export { emptyState } from "./memory/memory-state.ts";
export type { GroupState, LeaseState, Memory, MemoryState } from "./memory/memory-state.ts";
export { forkMemory } from "./memory/memory-fork.ts";
export { acquire, join, mark, release } from "./memory/memory-owners.ts";
export { append, publish, read } from "./memory/memory-log.ts";
export { commit } from "./memory/memory-commit.ts";
export { findRow, readParked, rowsOf } from "./memory/memory-parked.ts";
export { applyControls, requestControl } from "./memory/memory-operators.ts";
export { cancelTimer, putTimer, readTimers, takeTimer } from "./memory/memory-timers.ts";
export { putCall, readCalls, updateCall } from "./memory/memory-calls.ts";

// Recorded runs of workflows, replayed with the code at hand.
export { checkHistory, otherWorkflow, readHistories, readHistory } from "./workflow/history.ts";
export type { RunHistory } from "./workflow/history.ts";
export { replayRun } from "./workflow/replay-run.ts";
export type { ReplayedRun, ReplayVerdict } from "./workflow/replay-run.ts";
export { replayReport } from "./workflow/replay-report.ts";
export type { ReplayReport } from "./workflow/replay-report.ts";
export { runsOf } from "./workflow/run-entity.ts";
export { isAwaited } from "./workflow/wait-by-key.ts";
