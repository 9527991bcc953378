// What the reference says of verbs, messages, statuses, verdicts and the environment is what the sources have: names that no table of options holds.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../test/run-file.ts";
import { Declarations } from "./declarations.ts";
import { Members } from "./members.ts";
import { codesIn, tablesOf } from "./tables.ts";

const members = new Members(new Declarations(repositoryRoot));
const CONTEXT = "packages/core/src/workflow/context.ts";
const SYSTEM = "packages/checker/src/system/system-definition.ts";

test("every verb of a workflow has a row, and no other", () => {
  const inTable = rowsOf("workflows", "Verbs", "verb").flatMap(([verb = ""]) => codesIn(verb).map((code) => /^w\.(\w+)/.exec(code)?.[1] ?? code));
  assert.deepEqual([...new Set(inTable)].sort(), namesOf(CONTEXT, "WorkflowContext").sort());
});

test("every option of a verb has a row that names the verb, and no other", () => {
  const steps = ["step", "pivot", "retriable", "readonly"];
  const inTable = rowsOf("workflows", "Verbs", "option").flatMap(([option = "", of = "", , told = ""]) => {
    const verbs = of === "the four steps" ? steps : codesIn(of);
    return verbs.flatMap((verb) => codesIn(option).map((name) => `${verb} ${name}${told.startsWith("required") ? "" : "?"}`));
  });
  const inCode = namesOf(CONTEXT, "WorkflowContext").flatMap((verb) => members.ofParameter(CONTEXT, "WorkflowContext", verb, "options").flatMap((one) => {
    const parts = verb === "ask" && one.name === "undo" ? one.inner().map((part) => ({ ...part, name: `undo.${part.name}` })) : [one];
    return parts.map(({ name, isOptional }) => `${verb} ${name}${isOptional ? "?" : ""}`);
  }));
  assert.deepEqual(inTable.sort(), inCode.sort());
});

test("every message of a workflow has a row with its data, and no other", () => {
  const inTable = rowsOf("workflows", "Messages of a workflow", "message").map(([name = "", data = ""]) => [codesIn(name), codesIn(data).sort()]);
  const types: Readonly<Record<string, string>> = { start: "Start", cancel: "Cancel", retry: "Retry", restart: "Restart", callback: "Callback" };
  // Whom a run belongs to is said by the platform; `ended` is told by the run, and stands at \`announces\`.
  const inCode = namesOf("packages/core/src/workflow/messages.ts", "WorkflowMessages").filter((name) => name !== "ended").map((name) =>
    [[name], namesOf("packages/core/src/workflow/messages.ts", types[name] ?? name).filter((one) => one !== "parent").sort()]);
  assert.deepEqual(inTable.sort(), inCode.sort());
});

for (const { page, heading, column, row, file, type } of [
  { page: "workflows", heading: "What `inspect` shows", column: "field", row: "status", file: "packages/core/src/workflow/journal.ts", type: "RunStatus" },
  { page: "workflows", heading: "What `inspect` shows", column: "of each of `steps`", row: "type", file: "packages/core/src/workflow/journal.ts", type: "StepType" },
  { page: "workflows", heading: "What `inspect` shows", column: "of each of `steps`", row: "undo", file: "packages/core/src/workflow/run-steps.ts", type: "RunStep" },
  { page: "workflows", heading: "What `inspect` shows", column: "of each of `waits`", row: "for", file: "packages/core/src/workflow/inspect.ts", type: "RunWait" },
  { page: "workflows", heading: "Options of `schedule`", column: "of `state`", row: "status", file: "packages/core/src/schedule/plan.ts", type: "ScheduleDocument" },
  { page: "workflows", heading: "Options of `schedule`", column: "option", row: "overlap", file: "packages/core/src/schedule/plan.ts", type: "Overlap" },
  { page: "workflows", heading: "Options of `schedule`", column: "option", row: "catchUp", file: "packages/core/src/schedule/settle.ts", type: "CatchUp" },
]) {
  test(`${page}.md, ${heading}, ${column}: the row ${row} names each of ${type}`, () => {
    const cells = rowsOf(page, heading, column).find(([name = ""]) => codesIn(name).includes(row)) ?? [];
    const told = codesIn(cells[1] ?? "").map((code) => code.replaceAll("\"", ""));
    const strings = members.strings(file, type, row);
    assert.notEqual(strings.length, 0);
    assert.deepEqual(strings.filter((one) => !told.includes(one)), []);
  });
}

test("every end of an attempt has a row, and no other", () => {
  const inTable = rowsOf("checker", "A check of services", "end of an attempt").flatMap(([end = ""]) => codesIn(end));
  assert.deepEqual(inTable.sort(), [...members.strings(SYSTEM, "AttemptName")].sort());
});

test("every verdict has a row, and no other", () => {
  const inTable = rowsOf("checker", "The report", "`verdict`").flatMap(([verdict = ""]) => codesIn(verdict));
  assert.deepEqual(inTable.sort(), [...members.strings("packages/checker/src/report.ts", "Verdict")].sort());
});

test("every reduction has a row, and no other", () => {
  const rows = rowsOf("checker", "Reductions", "reduction").map(([reduction = "", of = ""]) => ({ codes: codesIn(reduction), of }));
  const ofServices = rows.filter(({ of }) => of === "services").flatMap(({ codes }) => codes.map((code) => /\{ (\w+):/.exec(code)?.[1] ?? code));
  assert.deepEqual(ofServices.sort(), namesOf(SYSTEM, "Reductions").sort());
  const ofModels = namesOf("packages/checker/src/model/definition.ts", "ModelDefinition");
  const others = rows.filter(({ of }) => of === "models").flatMap(({ codes }) => codes.map((code) => code.split(":")[0] ?? ""));
  assert.deepEqual(others.filter((name) => !ofModels.includes(name)), []);
});

test("the environment's table has every variable that the packages read", () => {
  const packages = join(repositoryRoot, "packages");
  const shipped = readdirSync(packages).flatMap((name) => readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" }).map((path) => join(packages, name, "src", path)))
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|\/testing\//.test(path));
  const read = shipped.flatMap((path) => [...readFileSync(path, "utf8").matchAll(/"(EVENKEEL_[A-Z_]+|NODE_ENV)"/g)].map(([, name]) => name ?? ""));
  const inTable = rowsOf("configuration", "Environment", "variable").flatMap(([name = ""]) => codesIn(name));
  assert.deepEqual(inTable.sort(), [...new Set(read)].sort());
});

function namesOf(file: string, type: string): string[] {
  return members.of(file, type).map(({ name }) => name);
}

function rowsOf(page: string, heading: string, column: string): readonly (readonly string[])[] {
  const found = tablesOf(readFileSync(join(repositoryRoot, `docs/reference/${page}.md`), "utf8")).filter((one) => one.heading === heading && one.columns[0] === column);
  assert.notEqual(found.length, 0, `${page}.md has no table "${column}" under "${heading}".`);
  return found.flatMap(({ rows }) => rows);
}
