// The public names of @evenkeel/checker, listed by hand.

// Models in plain TypeScript: define one, check it.
export { model } from "./model/model.ts";
export { check } from "./model/check.ts";
export type { Model } from "./model/model.ts";
export type { Action, FairnessEntry, InvariantDefinition, ModelDefinition, Next, Predicate } from "./model/definition.ts";
export type { CheckpointOptions, ExploreOptions, Progress, SimulationOptions, WorkersOptions } from "./explore/options.ts";

// Services as they ship, under faults: what arrives, what the outside answers, what is seen.
export { arrival, oneOf, optional } from "./system/stimulus.ts";
export { reaction } from "./system/reaction.ts";
export type { Reaction } from "./system/reaction.ts";
export type { Arrival, ArrivalOptions, ChoiceOfArrivals, MadeMessage, OptionalArrival, WhenEntry } from "./system/stimulus.ts";
export { answers } from "./system/answers.ts";
export type { AnswerRequest, AnswersFor, FakePort } from "./system/answers.ts";
export { checkMutants, scenario } from "./system/scenario.ts";
export type { Scenario } from "./system/scenario.ts";
export type { ReductionReport, SystemReport } from "./system/check-system.ts";
export type {
  AttemptName, CallInFlight, Faults, KeptDocument, MessageInFlight, ObservedMessage, ParkedMessage, ProviderEffect, Reductions, StatementTwin,
  SystemDefinition, SystemFacts, SystemState, TimerInFlight,
} from "./system/system-definition.ts";

// What holds of every workflow.
export { workflowInvariants } from "./workflow/workflow-invariants.ts";
export type { WorkflowFeature, WorkflowInvariantOptions } from "./workflow/workflow-invariants.ts";

// What an exploration says.
export type { ActionCoverage, InvariantCoverage, Report, Tale, Trace, TraceStep, Verdict, WitnessCoverage } from "./report.ts";
export { reportText } from "./report/report-text.ts";

// A counterexample as a story, to read, to look at, to paste.
export { storyOf } from "./story/story.ts";
export type { Story, StoryStep } from "./story/story.ts";
export type { Change } from "./story/changes.ts";
export { storyHtml } from "./story/story-html.ts";
export { mermaidOf } from "./story/mermaid.ts";

// A counterexample as a test that plays it again without the checker.
export { replayTest } from "./replay/replay-test.ts";
export type { ReplaySource } from "./replay/replay-test.ts";

// What the properties of a check cannot see.
export type { MutantResult, MutationReport } from "./mutation/check-mutants.ts";
export type { Mutation } from "./mutation/mutation.ts";
export { mutantsText } from "./mutation/mutants-text.ts";
