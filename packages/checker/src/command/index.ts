// What `evenkeel check` is made of, as a package entry: finding check files, loading them, running what they ask for.
export { findCheckFiles } from "./find-check-files.ts";
export { loadChecks } from "./load-checks.ts";
export { runChecks } from "./run-checks.ts";
export type { Check, CheckEvents, CheckResult, Scope } from "./run-checks.ts";
export { progressText, resultText, summaryText } from "./result-text.ts";
export { writeStories } from "./write-stories.ts";
export { writeReplays } from "./write-replays.ts";
export { jsonOf } from "../story/json.ts";
export { runMutants } from "./run-mutants.ts";
export { mutantsText } from "../mutation/mutants-text.ts";
