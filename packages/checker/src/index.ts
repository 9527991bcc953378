// The public names of @evenkeel/checker, listed by hand.

// What an exploration says.
export type { ActionCoverage, InvariantCoverage, Report, Trace, TraceStep, Verdict, WitnessCoverage } from "./report.ts";
