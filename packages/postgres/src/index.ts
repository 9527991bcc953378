// The public names of @evenkeel/postgres, listed by hand.
export { openPostgres, DEFAULT_RETENTION } from "./store.ts";
export type { PostgresOptions } from "./store.ts";
export type { Retention } from "./maintain.ts";
export { nodeHost } from "./node-host.ts";

// For tools beside the application.
export { openOperator } from "./open-operator.ts";
export type { OperatorAccess } from "./open-operator.ts";
export type { CallInNeed, LeaseState, WorkerState } from "./inspect.ts";
export type { Diagnosis, Hold, OpenTransaction } from "./diagnose.ts";
