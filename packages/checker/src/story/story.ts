// A counterexample as a story: who received what, which fault struck, what changed, and from where on it could not be avoided. Made of a
// report's trace and nothing else; how it is shown is the business of its neighbours.
import type { Report, Tale } from "../report.ts";
import { changesBetween, textOf, type Change } from "./changes.ts";

export interface Story {
  readonly subject: string;
  readonly verdict: Report["verdict"];
  readonly reason: string;
  /** What breaks. */
  readonly property: string;
  readonly assumptions: readonly string[];
  readonly steps: readonly StoryStep[];
  /** The number of the step after which things could still end well; null: not known, or never. */
  readonly avoidableAfter: number | null;
  /** For an endless run: the number of the step that comes again after the last; the last one's own number: nothing more happens. */
  readonly backTo: number | null;
}

export interface StoryStep {
  /** 0 is where it begins. */
  readonly number: number;
  readonly tale: Tale;
  readonly changes: readonly Change[];
  readonly state: unknown;
}

/** The story of a report; null where it has no trace. */
export function storyOf(report: Report): Story | null {
  const { trace } = report;
  if (trace === null) return null;
  const steps = trace.steps.map((step, number): StoryStep => ({
    number,
    tale: step.tale ?? plainTale(step.action, step.detail),
    changes: number === 0 ? [] : changesBetween(trace.steps[number - 1]?.state, step.state),
    state: step.state,
  }));
  const { subject, verdict, reason, assumptions } = report;
  return { subject, verdict, reason, property: trace.property, assumptions, steps, avoidableAfter: trace.avoidableAfter, backTo: trace.backTo };
}

/** A step of a subject that has no people in it. */
function plainTale(action: string | null, detail: unknown): Tale {
  if (action === null) return { actor: "start", from: null, what: "where it begins", fault: null };
  return { actor: action, from: null, what: detail === undefined ? action : `${action} (${textOf(detail)})`, fault: null };
}
