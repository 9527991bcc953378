// A counterexample as a script: its steps by the names of what moves, as @evenkeel/testkit plays them. What the world looks like between the
// steps is left out; it follows from the services.
import { reviveName } from "@evenkeel/core/engine";
import type { Report, Trace, TraceStep } from "../report.ts";
import type { StepDetail } from "../system/step-detail.ts";
import { isStepDetail } from "../system/tell.ts";
import { storyOf, type StoryStep } from "../story/story.ts";

/** Plain data; its form is `ReplayScript` of the testkit, which tests hold it to. */
export interface Script {
  readonly scenario: string;
  readonly property: string;
  readonly steps: readonly ScriptStep[];
}

type ScriptStep = { readonly says: string; readonly action: string; readonly does: string } & Readonly<Record<string, unknown>>;

/** The script of a broken property of a system; null: there is none, or it is of a model, needs a takeover, or nothing that could be asked again broke. */
export function scriptOf(report: Report): Script | null {
  const { trace } = report;
  const story = storyOf(report);
  // Of all reports, those of systems say how many handlers were run.
  if (trace === null || story === null || report.verdict !== "violated" || trace.backTo !== null || !("handlerRuns" in report)) return null;
  const steps = stepsOf(trace, story.steps);
  return steps === null ? null : { scenario: report.subject, property: trace.property, steps };
}

function stepsOf({ steps }: Trace, told: readonly StoryStep[]): readonly ScriptStep[] | null {
  const found: ScriptStep[] = [];
  for (const [index, { action, detail }] of steps.entries()) {
    if (action === null) continue;
    const step = stepOf(action, detail, told[index]);
    if (step === null) return null;
    found.push(step);
  }
  return found;
}

function stepOf(action: NonNullable<TraceStep["action"]>, detail: unknown, told: StoryStep | undefined): ScriptStep | null {
  const does = isStepDetail(detail) ? moved(detail) : null;
  return does === null ? null : { says: told === undefined ? action : sentence(told), action, ...does };
}

function sentence({ tale: { from, actor, what, fault } }: StoryStep): string {
  return `${from === null ? "" : `${from} -> `}${actor}: ${what}${fault === null ? "" : ` [${fault}]`}`;
}

/** Null: what plays it has a row for each call, and hands out tokens of its own. */
function moved(detail: StepDetail): ({ readonly does: string } & Readonly<Record<string, unknown>>) | null {
  switch (detail.kind) {
    case "arrived": {
      if (detail.isReaction === true) return null;
      const { partition: _partition, ...message } = detail.message;
      return { does: "arrives", stimulus: detail.stimulus, again: detail.again, message };
    }
    case "takenOver": return null;
    case "handled": return detail.message.name === reviveName(definitionOf(detail.service).service) ? null : { does: "handles", ...definitionOf(detail.service), message: lineOf(detail.message) };
    case "killed": return { does: "is killed", service: detail.service, message: lineOf(detail.message) };
    case "redriven": return { does: "is redriven", service: detail.service, message: lineOf(detail.message) };
    case "performed": return { does: "performs", call: callOf(detail), end: detail.end, dies: detail.workerDied };
    case "asked": return { does: "asks", call: callOf(detail) };
    case "expired": return { does: "gives up", call: callOf(detail) };
    case "landed": return { does: "lands", call: { operation: detail.operation, key: detail.key, ...tenantOf(detail) } };
    case "fired": return { does: "fires", message: { ...lineOf(detail.message), body: detail.message.body } };
  }
}

/** "orders (version 2)" is the first of the other versions. */
function definitionOf(label: string): { readonly service: string; readonly version: number } {
  const [, service = label, number = "1"] = /^(.*) \(version (\d+)\)$/.exec(label) ?? [];
  return { service, version: Number(number) - 1 };
}

function lineOf({ name, key, tenant }: { readonly name: string; readonly key: string; readonly tenant: string }): object {
  return { name, key, ...tenantOf({ tenant }) };
}

function callOf({ service, call }: Extract<StepDetail, { readonly kind: "performed" | "asked" | "expired" }>): object {
  return { service, operation: call.operation, key: call.callKey, ...tenantOf(call) };
}

/** Most messages are of the default tenant, which goes without saying. */
function tenantOf({ tenant }: { readonly tenant: string }): object {
  return tenant === "default" ? {} : { tenant };
}
