// Which scopes a test run explores. The deepest ones take a minute and more, and every variant that is broken on purpose is found without their
// whole extent: they run where they are asked for, with `npm run test:deep`. What is left out is said in the figures of the run.
import type { TestContext } from "node:test";

const runsAll = process.env["EVENKEEL_SCOPES"] === "all";

export function explores<Name extends string>(name: Name, deeper: readonly Name[]): boolean {
  return runsAll || !deeper.includes(name);
}

export function sayWhatIsLeftOut(t: TestContext, deeper: readonly string[]): void {
  t.diagnostic(runsAll ? "figures: every scope was explored" : `figures: left to npm run test:deep: ${deeper.join(", ")}`);
}
