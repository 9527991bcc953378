// `workflowInvariants()`: what holds of every workflow, whatever it is for, as invariants of a check. It decides nothing about what a run is to
// do: that is said by properties of your own.
import type { AnyWorkflow } from "@evenkeel/core";
import { hasEffects, isAnsweredOnce, isTrue, knowsItsEffects, owesNothing, wasAnswered } from "./account.ts";
import { hasEnded, type CheckedRun } from "./run-calls.ts";
import { hadToUndo, isCarriedOut, isInReverse, isPastPivot, isUndone, stands, undoesNothing, undoesSomething } from "./undoing.ts";
import { showsWhatItWaitsFor } from "./waiting.ts";
import { WorkflowView, type WorkflowWorld } from "./workflow-world.ts";

/** What some checks of a workflow cannot show: that something is undone, or that a pivot takes effect. */
export type WorkflowFeature = "undo" | "pivot";

export interface WorkflowInvariantOptions {
  /** Never happens in this check: then that is what is asked, instead of an invariant that has nothing to say. */
  readonly without?: readonly WorkflowFeature[];
}

interface WorkflowInvariant<N extends string> {
  readonly when: (state: WorkflowWorld<N>) => boolean;
  readonly then: (state: WorkflowWorld<N>) => boolean;
}

type OfRun = (view: WorkflowView, run: CheckedRun) => boolean;

/**
 * The standard invariants of a workflow, for the `invariants` of a check whose system it is part of. The types of its steps give them: they
 * read its runs and the provider's record of what was performed.
 *
 * - what a run did that gave up is undone, each step once; in reverse, one after the other
 * - nothing is undone once the pivot took effect; what comes after it is done, or a person sees that it is not
 * - an effect happens once, and what a run takes for done is what was done
 * - each step, wait, callback, child and undo is answered once
 * - a run that has ended owes nothing: no call, timer, undo or child is under way
 * - where nothing can happen any more, a run that has not ended shows what it waits for
 *
 * Each is conditional, so that a check in which it never has anything to say is `vacuous`. A check in which nothing is undone, or no pivot takes
 * effect, says so by `without`.
 *
 * Does not: say that what a run did was right, know whether an `ask` was undone by the service that it asked, tell an effect twice from two
 * effects that differ in their input.
 *
 * @example
 * check({ system: [checkout], when: [checkout.start({ id: "o", input })], invariants: { ...workflowInvariants(checkout) } });
 */
export function workflowInvariants<const N extends string>(
  workflow: AnyWorkflow & { readonly name: N }, { without = [] }: WorkflowInvariantOptions = {},
): Readonly<Record<string, WorkflowInvariant<N>>> {
  const { name } = workflow;
  const runsOf = (state: { readonly [Name in N]: { readonly runs: readonly CheckedRun[] } }): readonly CheckedRun[] => state[name].runs;
  const viewOf = (state: WorkflowWorld<N>): WorkflowView => new WorkflowView(workflow, runsOf(state), state);
  /** Of every run that it concerns. */
  const each = (concerns: OfRun, holds: OfRun): WorkflowInvariant<N> => ({
    when: (state) => { const view = viewOf(state); return view.runs.some((run) => concerns(view, run)); },
    then: (state) => { const view = viewOf(state); return view.runs.every((run) => !concerns(view, run) || holds(view, run)); },
  });
  const atRest = (one: WorkflowInvariant<N>): WorkflowInvariant<N> => ({ ...one, when: (state) => state.isQuiet && one.when(state) });
  const isThere: OfRun = () => true;
  const of = (sentence: string): string => `${name}: ${sentence}`;
  const undo = without.includes("undo")
    ? { [of("nothing has to be undone")]: each(isThere, undoesNothing) }
    : {
      [of("what a run did that gave up is undone, each step once")]: each(hadToUndo, isUndone),
      [of("steps are undone in reverse, one after the other")]: each(undoesSomething, isInReverse),
    };
  const pivot = without.includes("pivot")
    ? { [of("no pivot takes effect")]: each(isThere, (view, run) => !isPastPivot(view, run)) }
    : {
      [of("nothing is undone once the pivot took effect")]: each(isPastPivot, stands),
      [of("what comes after the pivot is done, or a person sees that it is not")]: atRest(each(isPastPivot, isCarriedOut)),
    };
  // One that calls nothing has no effects to tell of.
  const effects = Object.keys(workflow.ports).length === 0 ? {} : {
    [of("an effect happens once, and what a run takes for done is what was done")]:
      each(hasEffects, (view, run) => isTrue(view, run) && knowsItsEffects(view, run)),
  };
  return {
    ...undo,
    ...pivot,
    ...effects,
    [of("each request of a run is answered once")]: each((_view, run) => wasAnswered(run), (_view, run) => isAnsweredOnce(run)),
    [of("a run that has ended owes nothing")]: each((_view, run) => hasEnded(run), owesNothing),
    [of("at rest a run has ended, or shows what it waits for")]: atRest(each(isThere, showsWhatItWaitsFor)),
  };
}
