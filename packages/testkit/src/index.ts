// The public names of @evenkeel/testkit, listed by hand.

// Hold a store against its interface.
export { storeConformance } from "./store/store-conformance.ts";
export type { ConformanceCase, StoreFixture } from "./store/store-fixture.ts";

// Make a store fail as stores do.
export { faultyStore } from "./faults/faulty-store.ts";
export type { FaultyStore, InjectedFault } from "./faults/faulty-store.ts";
export { plannedFaults, seededFaults } from "./faults/fault-plan.ts";
export type { Fault, FaultPlan, FaultPoint, SeededFaults } from "./faults/fault-plan.ts";

// Hold handlers to a number of queries.
export { expectQueries } from "./queries/expect-queries.ts";
export type { QueryLimits } from "./queries/expect-queries.ts";

// Hold a workflow's code to runs that were recorded.
export { replayRuns } from "./runs/replay-runs.ts";
export type { ReplayRunsOptions } from "./runs/replay-runs.ts";
export type { ReplayedRun, ReplayReport, ReplayVerdict, RunHistory } from "@evenkeel/core/engine";
