// The SPI as a package entry: what a store, a host or a world must implement, and the plain data that crosses these borders. Users of the
// platform do not need it.
export type {
  Store, Manifest, Prepared, LogStore, Hint, Handover, PublishCall, Receipt, PublishResult, SqlSession, Cursor, ReadRequest, ReadResult,
  StoredDocument, OwnerStore, WorkerProfile, Membership, Roster, Fence, Grant, ParkedHead, Commit, ParkedRef, ParkRow, ParkStatus,
  ParkRetry, CallUpdate, CommitResult, TimerStore, DueTimers, ParkedStore, ParkedRequest, ParkedRead, ParkedMessage, OperatorStore,
  ParkedFilter, ParkedPlace, ParkedEntry, ControlRequest, AppliedControl, ControlEntry, GroupSummary,
} from "./store.ts";
export type { RevivalRequest, RevivalStore } from "./revivals.ts";
export type { Revival, RevivalChange } from "../message/changes.ts";
export type { CallStore, CallsRequest, CallsRead } from "./call-store.ts";
export type {
  CallControlStore, CallFilter, CallEntry, CallControlAction, CallControlOutcome, CallControlRequest, CallControlReceipt, OpenCallControl,
  CallControlEntry, CallControlEnd,
} from "./call-controls.ts";
export type { BreakerStore, BreakerRow, BreakerChange, BreakerChanged, BreakerEntry, BreakerReset } from "./breakers.ts";
export type {
  Host, LogLevel, Log,
} from "./host.ts";
export { LISTED_LENGTH } from "./store.ts";
export { GIVEN_UP_MS, NO_LIMIT_MS, Waits } from "./waits.ts";
export type { ReportedStall, Wait, WaitKind, WaitNode } from "./waits.ts";
export type {
  PerformResult, AskResult, World,
} from "./world.ts";
export type { CallAnswer, CallFailure, CallRecord, CallState, NewCall } from "../message/call.ts";
export type { Changes, Decision, DocumentChange, DocumentRef, Failure, NewTimer, SqlRun, TimerRef } from "../message/changes.ts";
export type { Envelope, Message } from "../message/envelope.ts";
export { partitionOf, derivedId } from "../message/hash.ts";
export { handoversOf } from "./handover.ts";
export { isSystemGroup, SYSTEM_GROUPS } from "./system-groups.ts";
