// `replayTest()`: a counterexample as the source text of a test that plays it again, in memory and on PostgreSQL, without the checker. It writes
// text; @evenkeel/testkit plays.
import type { Report } from "../report.ts";
import { literal } from "./literal.ts";
import { scriptOf, type Script } from "./script-of.ts";

/** Where a scenario is exported. */
export interface ReplaySource {
  /** The module of the check file, as the test imports it: "../orders.check.ts". Its extension says whether the test is TypeScript. */
  readonly module: string;
  /** The name of the export; "default" for the default one. What it holds may be one scenario or a list of them. */
  readonly name: string;
}

/**
 * Writes a counterexample down as a Vitest test: each step, in order, through the shipping runtime, once in memory and once on PostgreSQL, with
 * the faults behind the same ports. The test fails as long as the property breaks, names the step, and passes once the defect is mended; keep
 * it. It imports the services and properties from the check file, which explores nothing when it is imported.
 *
 * Needs `vitest` and `@evenkeel/testkit` where it runs. What it plays and what it leaves out stands at `replay` there.
 *
 * @returns the source text; null where there is nothing to play: no broken property, a model's, or one that breaks by a takeover or a reaction,
 * since every call that is played has a row, and what it hands out is its own.
 * @example
 * const report = await check(lastLamp);
 * await writeFile("last-lamp.test.ts", replayTest(report, { module: "./orders.check.ts", name: "lastLamp" }) ?? "");
 */
export function replayTest(report: Report, source: ReplaySource): string | null {
  const script = scriptOf(report);
  return script === null ? null : textOf(script, source);
}

function textOf({ scenario, property, steps }: Script, { module, name }: ReplaySource): string {
  const isTyped = /\.[cm]?ts$/.test(module);
  const lines = steps.map((step) => `    ${literal(step)},\n`).join("");
  return `// A counterexample, played again without the checker: through the shipping runtime, in memory and on PostgreSQL (the database of
// EVENKEEL_DATABASE_URL, else an embedded server). It fails while ${inLine(literal(property))} breaks, and passes once that is mended.
// Written by \`evenkeel check --replays\`.
import { expect, test } from "vitest";
import { inMemory, onPostgres, replay${isTyped ? ", type ReplayScript" : ""} } from "@evenkeel/testkit/replay";
import { ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)} as scenarios } from ${literal(module)};

const script${isTyped ? ": ReplayScript" : ""} = {
  scenario: ${literal(scenario)},
  property: ${literal(property)},
  steps: [
${lines}  ],
};

for (const place of [inMemory(), onPostgres()]) {
  test(\`\${script.property}, \${place.name}\`, async () => {
    const { broken, text } = await replay(script, scenarios, place);
    expect(broken, text).toBeNull();
  }, 120_000);
}
`;
}

/** A property may be named as it likes; a comment ends with its line. */
function inLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, " ");
}
