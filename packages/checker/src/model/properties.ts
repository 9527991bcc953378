// What a model's definition asks for, as the explorer's properties: names resolved, defaults filled in. Judges nothing.
import { EvenkeelError } from "@evenkeel/core";
import type { Fairness, Invariant, Properties, TemporalProperty } from "../space.ts";
import type { FairnessEntry, InvariantDefinition, ModelDefinition, Predicate } from "./definition.ts";

export function propertiesOf<State, Name extends string>(definition: ModelDefinition<State, Name>, actions: readonly Name[]): Properties<State> {
  const { deadlock } = definition;
  return {
    invariants: named(definition.invariants).map(([name, one]) => invariant(name, one)),
    // The explorer hands over names that are those of `actions`.
    steps: named(definition.steps).map(([name, holds]) => ({ name, holds: (before, after, action) => holds(before, after, nameAmong(actions, action)) })),
    witnesses: named(definition.sometimes).map(([name, holds]) => ({ name, holds })),
    temporal: [
      ...goals("eventually", definition.eventually),
      ...goals("alwaysEventually", definition.alwaysEventually),
      ...goals("eventuallyAlways", definition.eventuallyAlways),
      ...named(definition.leadsTo).map(([name, { from, to }]): TemporalProperty<State> => ({ kind: "leadsTo", name, from, goal: to })),
    ],
    fairness: fairnessOf(definition, actions),
    deadlock: deadlock === "allowed" ? "allowed" : { done: deadlock ?? (() => false) },
    constraint: definition.constraint ?? null,
    stepConstraint: definition.stepConstraint ?? null,
  };
}

/** What a verdict about the model rests on, in words. */
export function assumptionsOf<State, Name extends string>(definition: ModelDefinition<State, Name>): string[] {
  const { weak = [], strong = [] } = definition.fairness ?? {};
  const names = (entries: readonly FairnessEntry<Name>[]): string => entries.map((entry) => {
    if (typeof entry === "string") return entry;
    return "each" in entry ? `each case of ${listOf(entry.action).join(" or ")}` : `(${entry.join(" or ")})`;
  }).join(", ");
  return [
    ...(definition.constraint === undefined ? [] : ["states outside the constraint are not followed"]),
    ...(definition.view === undefined ? [] : ["what the view leaves out changes nothing that can happen, and nothing that is asked"]),
    ...(definition.stepConstraint === undefined ? [] : ["transitions outside the step constraint are left out"]),
    ...(weak.length === 0 ? [] : [`weak fairness of ${names(weak)}`]),
    ...(strong.length === 0 ? [] : [`strong fairness of ${names(strong)}`]),
  ];
}

/** What the model is made of besides its properties, part by part. */
export function partsOf<State, Name extends string>({ init, actions, view, symmetry }: ModelDefinition<State, Name>): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.entries<unknown>(actions).map(([name, run]) => [`the action "${name}"`, String(run)])),
    ...(typeof init === "function" ? { "the initial states": String(init) } : {}),
    "the view": String(view),
    "the symmetry": JSON.stringify(symmetry ?? []),
  };
}

function named<Value>(record: Readonly<Record<string, Value>> | undefined): [string, Value][] {
  return Object.entries(record ?? {});
}

function invariant<State>(name: string, definition: InvariantDefinition<State>): Invariant<State> {
  return typeof definition === "function" ? { name, holds: definition } : { name, when: definition.when, holds: definition.then };
}

function goals<State>(
  kind: "eventually" | "alwaysEventually" | "eventuallyAlways", record: Readonly<Record<string, Predicate<State>>> | undefined,
): TemporalProperty<State>[] {
  return named(record).map(([name, goal]) => ({ kind, name, goal }));
}

function nameAmong<Name extends string>(actions: readonly Name[], action: string): Name {
  const found = actions.find((one) => one === action);
  if (found === undefined) throw new EvenkeelError("INTERNAL", `The explorer named an action "${action}" that the model does not have.`);
  return found;
}

function fairnessOf<State, Name extends string>({ name, fairness }: ModelDefinition<State, Name>, actions: readonly Name[]): Fairness {
  const indices = (names: Name | readonly Name[]): number[] => listOf(names).map((action) => {
    const index = actions.indexOf(action);
    if (index < 0) {
      throw new EvenkeelError(
        "MODEL_INVALID", `The model "${name}" assumes fairness of "${action}", which is none of its actions: ${actions.join(", ")}.`, { details: { model: name, action } },
      );
    }
    return index;
  });
  const entries = (given: readonly FairnessEntry<Name>[] = []): Fairness["weak"] => given.map((entry) =>
    (typeof entry === "object" && "each" in entry ? { actions: indices(entry.action), of: entry.each } : indices(entry)));
  return { weak: entries(fairness?.weak), strong: entries(fairness?.strong) };
}

function listOf<Name extends string>(names: Name | readonly Name[]): readonly Name[] {
  return typeof names === "string" ? [names] : names;
}
