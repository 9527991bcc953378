// The public names of @evenkeel/postgres, listed by hand.
export { openPostgres } from "./store.ts";
export type { PostgresOptions } from "./store.ts";
export { DEFAULT_RETENTION } from "./retention.ts";
export type { Retention } from "./retention.ts";
export { nodeHost } from "./node-host.ts";

// For tools beside the application.
export { openOperator } from "./open-operator.ts";
export type { OperatorAccess } from "./open-operator.ts";
export type { RunsFilter, StoredRun } from "./runs.ts";
export type { CallInNeed, LeaseState, WorkerState } from "./inspect.ts";
export type { StallState } from "./worker-stalls.ts";
export type { Diagnosis, Hold, OpenTransaction } from "./diagnose.ts";
