// `scenario()`: the check of a system as a value, to be exported from a check file and explored when it is asked for. Nothing of the exploration
// is loaded before: a test that plays a counterexample again imports the same file, and explores nothing.
import type { AnyMessageDefinition, AnyService } from "@evenkeel/core";
import type { ExploreOptions } from "../explore/options.ts";
import type { MutantResult, MutationReport } from "../mutation/check-mutants.ts";
import type { SystemReport } from "./check-system.ts";
import { checkDefinitionOptions } from "./definition-options.ts";
import type { GivenDefinition } from "./plan-system.ts";
import type { GivenProperties } from "./properties.ts";
import type { SystemDefinition } from "./system-definition.ts";

/** A check of services that can be asked for again and again, ready for `check()` and for `evenkeel check`. */
export interface Scenario {
  readonly name: string;
  /** What it was made of, its types spent: for whoever plays a counterexample again without the checker. */
  readonly definition: GivenDefinition & GivenProperties;
  explore(options?: ExploreOptions): Promise<SystemReport>;
  /** See {@link checkMutants}. */
  mutants(options?: ExploreOptions, told?: (result: MutantResult) => void): Promise<MutationReport>;
}

/**
 * Names a check of services as they ship; nothing runs before it is explored. What a definition holds is told at {@link check}.
 *
 * @throws EvenkeelError `CONFIG_INVALID` for an option that there is not.
 * @example
 * // orders.check.ts, for `evenkeel check`
 * export const lastLamp = scenario({
 *   name: "two orders, one lamp",
 *   system: [orders, inventory],
 *   given: [StockShelf({ sku: "LAMP", units: 1 })],
 *   when: [PlaceOrder({ orderId: "a", sku: "LAMP" }), PlaceOrder({ orderId: "b", sku: "LAMP" })],
 *   invariants: { "never oversold": (s) => s.inventory.stock.every((shelf) => shelf.onHand >= 0) },
 * });
 */
export function scenario<const S extends readonly AnyService[], const O extends readonly AnyMessageDefinition[] = readonly [], Tables = unknown>(
  definition: SystemDefinition<S, O, Tables>,
): Scenario;
export function scenario(definition: SystemDefinition<readonly AnyService[]>): Scenario {
  checkDefinitionOptions(definition);
  return {
    name: definition.name ?? definition.system.map((service) => service.name).join(", "),
    definition,
    explore: async (options = {}) => (await import("./check-system.ts")).exploreSystem(definition, options),
    mutants: async (options = {}, told = () => undefined) => (await import("../mutation/check-mutants.ts")).exploreMutants(definition, options, told),
  };
}

/**
 * Does one thing wrong at a time, and looks whether a property notices: a handler that does nothing, a message that is not said, things said
 * in the reverse order, a write without a comparison of versions, a door that takes repeats in, an unknown outcome taken for an answer, a
 * call made before its commit. Each is explored within 200,000 states and 20 seconds.
 *
 * @returns what noticed each mutant. One that `survived` is what the properties cannot see: add a property, or say why it does not matter.
 * @example (await checkMutants(lastLamp)).mutants.filter(({ result }) => result === "survived").map(({ text }) => text); // []
 */
export function checkMutants(checked: Scenario, options?: ExploreOptions): Promise<MutationReport> {
  return checked.mutants(options);
}
