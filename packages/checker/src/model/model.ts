// `model()`: plain functions over plain data become something that can be explored. It runs none of them.
import { checkOptionNames, EvenkeelError, type OptionNames } from "@evenkeel/core";
import type { Subject } from "../space.ts";
import { symmetric } from "../symmetry/symmetric.ts";
import type { Action, ModelDefinition } from "./definition.ts";
import { modelSpace } from "./model-space.ts";
import { assumptionsOf, partsOf, propertiesOf } from "./properties.ts";

/** A model, ready for {@link check}. */
export interface Model<State> {
  readonly name: string;
  readonly subject: Subject<State>;
}

const NAMES: OptionNames<ModelDefinition<unknown>> = {
  name: true, init: true, actions: true, invariants: true, steps: true, sometimes: true, eventually: true, alwaysEventually: true, eventuallyAlways: true,
  leadsTo: true, fairness: true, deadlock: true, constraint: true, stepConstraint: true, view: true, symmetry: true,
};
const FAIRNESS: OptionNames<NonNullable<ModelDefinition<unknown>["fairness"]>> = { weak: true, strong: true };

/**
 * Defines a model: where it begins, what can happen, what must hold.
 *
 * States are anything comparable by structure: null, booleans, numbers (-0 is 0, NaN is NaN), strings, bigints, undefined, arrays, plain
 * objects, Map, Set, Date, Uint8Array. The order of keys, entries and elements of objects, Maps and Sets does not matter; an absent key and
 * `undefined` differ. Actions must not change the state that they are given; a sample of the states is checked for that.
 *
 * @throws EvenkeelError `MODEL_INVALID` where a name is used that the model does not define, nothing can happen in it, or two things are asked
 *   for that exclude each other; `CONFIG_INVALID` for a part that no model has.
 * @example
 * const clock = model({
 *   name: "hour clock",
 *   init: [{ hour: 1 }],
 *   actions: { tick: (s, next) => next({ hour: (s.hour % 12) + 1 }) },
 *   invariants: { "on the face": (s) => s.hour >= 1 && s.hour <= 12 },
 * });
 * const report = await check(clock); // report.verdict: "pass", report.distinct: 12
 */
export function model<State, ActionName extends string>(definition: ModelDefinition<State, ActionName>): Model<State> {
  const { name, init, fairness } = definition;
  checkOptionNames(`The model "${name}"`, definition, NAMES);
  if (fairness !== undefined) checkOptionNames(`The model "${name}"`, fairness, FAIRNESS, "fairness.");
  const actions = entriesOf(definition.actions);
  if (actions.length === 0) throw new EvenkeelError("MODEL_INVALID", `The model "${name}" has no actions: define what can happen.`, { details: { model: name } });
  const properties = propertiesOf(definition, actions.map(([action]) => action));
  const space = modelSpace<State>({
    init: typeof init === "function" ? init : () => init,
    actions: actions.map(([action, run]) => ({ name: action, run })),
    view: viewOf(definition, properties.temporal.length > 0),
  });
  const subject: Subject<State> = { name, space, properties, parts: partsOf(definition), assumptions: assumptionsOf(definition), show: (state) => state };
  return { name, subject: definition.symmetry === undefined ? subject : symmetric(subject, definition.symmetry) };
}

function viewOf<State, Name extends string>({ name, view, symmetry }: ModelDefinition<State, Name>, isEndless: boolean): ((state: State) => unknown) | null {
  if (view === undefined) return null;
  const other = isEndless ? "temporal properties: a cycle of views may never close in the states themselves" : "symmetry: let the view name one representative itself";
  if (!isEndless && symmetry === undefined) return view;
  throw new EvenkeelError("MODEL_INVALID", `The model "${name}" has both a view and ${other}.`, { details: { model: name } });
}

function entriesOf<State, Name extends string>(actions: { readonly [One in Name]: Action<State> }): [Name, Action<State>][] {
  const found: [Name, Action<State>][] = [];
  for (const name in actions) found.push([name, actions[name]]);
  return found;
}
