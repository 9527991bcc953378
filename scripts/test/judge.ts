// Turns what one test file reported, and how its process ended, into a verdict. Pure: every rule of the house about tests
// stands here. A file fails for its failures, and also for having no tests, a name twice, a todo, a skip without a
// reason, a process that ended badly, and anything it left behind.
import type { TestEvent } from "./test-event.ts";

type ProcessEnd = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  /** What the process printed on both streams. */
  readonly output: string;
};

export type Verdict = {
  readonly passed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly failures: readonly { readonly name: string; readonly details: string }[];
  /** What its tests measured. */
  readonly figures: readonly string[];
};

export function judge(events: readonly TestEvent[], end: ProcessEnd, leftovers: readonly string[]): Verdict {
  const failures: { name: string; details: string }[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const seen = new Set<string>();
  let passed = 0;
  for (const { event, name } of withFullNames(events)) {
    if (seen.has(name)) failures.push({ name, details: "Two tests of this file have this name. Say what differs." });
    seen.add(name);
    if (event.todo !== false) {
      failures.push({ name, details: "A todo is not a test. Write it, or record the wish where wishes are kept." });
    } else if (event.skip !== false) {
      if (typeof event.skip === "string") skipped.push({ name, reason: event.skip });
      else failures.push({ name, details: 'Skipped without a reason. Give one: { skip: "why it cannot run here" }.' });
    } else if (!event.passed) {
      if (!event.failedByChildren) failures.push({ name, details: `${event.error}\nat ${event.place}` });
    } else if (!event.suite) passed += 1;
  }
  const fileFailure = judgeProcess(end, { tests: seen.size, failures: failures.length, passed });
  if (fileFailure !== undefined) failures.push({ name: "(the file as a whole)", details: fileFailure });
  else if (failures.length > 0 && end.output.trim() !== "") addOutput(failures, end.output);
  if (leftovers.length > 0) {
    failures.push({ name: "(what it left behind)", details: ["Left behind after its last test:", ...leftovers].join("\n  ") });
  }
  const figures = events.flatMap((event) => (event.kind === "figures" ? [event.text] : []));
  return { passed, skipped, failures, figures };
}

// What the file printed belongs to its first failure: nobody wants it from a file that passed.
function addOutput(failures: { name: string; details: string }[], output: string): void {
  const [first] = failures;
  if (first !== undefined) first.details += `\nThe file printed:\n${output.trimEnd()}`;
}

function judgeProcess(end: ProcessEnd, so: { tests: number; failures: number; passed: number }): string | undefined {
  const printed = end.output.trim() === "" ? "It printed nothing." : `It printed:\n${end.output.trimEnd()}`;
  if (end.timedOut) {
    return `The process did not end in time, after ${so.passed} passed tests: a test hangs, or something holds it open. ${printed}`;
  }
  if (so.tests === 0) return `No test ran in this file. ${printed}`;
  if (end.signal !== null) return `The process was ended by ${end.signal}. ${printed}`;
  if (end.code !== 0 && so.failures === 0) return `The process ended with code ${end.code ?? "none"} although no test failed. ${printed}`;
  return undefined;
}

/** Ends with the names of the suites around them: `suite > test`. Starts are reported before what they contain. */
function* withFullNames(events: readonly TestEvent[]): Generator<{ event: TestEvent & { kind: "end" }; name: string }> {
  const path: string[] = [];
  for (const event of events) {
    if (event.kind === "figures") continue;
    path.length = Math.min(path.length, event.nesting);
    if (event.kind === "start") path[event.nesting] = event.name;
    else yield { event, name: [...path.slice(0, event.nesting), event.name].join(" > ") };
  }
}
