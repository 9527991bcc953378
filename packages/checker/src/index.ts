// The public names of @evenkeel/checker, listed by hand.

// Models in plain TypeScript: define one, check it.
export { model } from "./model/model.ts";
export { check } from "./model/check.ts";
export type { Model } from "./model/model.ts";
export type { Action, InvariantDefinition, ModelDefinition, Next, Predicate } from "./model/definition.ts";
export type { CheckpointOptions, ExploreOptions, Progress, SimulationOptions } from "./explore/options.ts";

// What an exploration says.
export { reportText } from "./report/report-text.ts";
export type { ActionCoverage, InvariantCoverage, Report, Trace, TraceStep, Verdict, WitnessCoverage } from "./report.ts";
