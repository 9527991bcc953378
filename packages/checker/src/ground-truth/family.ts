// One action for each of several ids: fairness names actions, so what each of them does fairly for itself is an action of its own.
import type { Action } from "../index.ts";

type Id = string | number;

/** The actions `name id`, in the order of the ids. */
export function family<State, One extends Id>(
  name: string,
  ids: readonly One[],
  action: (id: One) => Action<State>,
): Readonly<Record<string, Action<State>>> {
  return Object.fromEntries(ids.map((id) => [`${name} ${id}`, action(id)]));
}

/** The names of a family. */
export function each(name: string, ids: readonly Id[]): readonly string[] {
  return ids.map((id) => `${name} ${id}`);
}
