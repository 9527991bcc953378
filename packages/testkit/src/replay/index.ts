// Counterexamples played again without the checker, as a package entry of its own: nothing else of the testkit needs a database.
export { replay } from "./replay.ts";
export type { ReplayOutcome } from "./outcome.ts";
export type { ReplayPlace } from "./replay.ts";
export type { ReplayScript, ReplayStep, ScriptedCall, ScriptedEnd, ScriptedMessage } from "./script.ts";
export type { ReplayedPort, ReplayedSystem, ReplaySubject } from "./subject.ts";
export { inMemory } from "./in-memory.ts";
export { onPostgres } from "./on-postgres.ts";
