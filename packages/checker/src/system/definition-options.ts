// The names that a check of services may use: a misspelled one, such as a fault that never happens, would let the check pass and say nothing.
// Names alone; what they hold is judged where it is planned.
import { checkOptionNames, type AnyService, type OptionNames } from "@evenkeel/core";
import type { Faults, Reductions, SystemDefinition } from "./system-definition.ts";

type Definition = SystemDefinition<readonly AnyService[]>;

const NAMES: OptionNames<Definition> = {
  name: true, system: true, versions: true, given: true, when: true, reactions: true, ports: true, faults: true, attempts: true, now: true, observe: true,
  statements: true, invariants: true, steps: true, sometimes: true, eventually: true, perKey: true, reductions: true,
};
const FAULTS: OptionNames<Faults<readonly AnyService[]>> = { duplicates: true, crashes: true, poisons: true, redrives: true, takeovers: true, ports: true };
const STATEMENTS: OptionNames<NonNullable<Definition["statements"]>> = { tables: true, twins: true };
const PER_KEY: OptionNames<NonNullable<Definition["perKey"]>> = { invariants: true, eventually: true };
const REDUCTIONS: OptionNames<Reductions> = { partialOrder: true, retired: true };

/** Throws `CONFIG_INVALID`. */
export function checkDefinitionOptions(definition: Definition): void {
  const { name, faults, statements, perKey, reductions } = definition;
  const what = name === undefined ? "The check" : `The check '${name}'`;
  checkOptionNames(what, definition, NAMES);
  if (faults !== undefined) checkOptionNames(what, faults, FAULTS, "faults.");
  if (statements !== undefined) checkOptionNames(what, statements, STATEMENTS, "statements.");
  if (perKey !== undefined) checkOptionNames(what, perKey, PER_KEY, "perKey.");
  if (reductions !== undefined) checkOptionNames(what, reductions, REDUCTIONS, "reductions.");
}
