// `scenario()`: the check of a system as a value, to be exported from a check file and explored when it is asked for.
import type { AnyMessageDefinition, AnyService } from "@evenkeel/core";
import type { ExploreOptions } from "../explore/options.ts";
import { exploreSystem, type SystemReport } from "./check-system.ts";
import type { SystemDefinition } from "./system-definition.ts";

/** A check of services that can be asked for again and again, ready for `check()` and for `evenkeel check`. */
export interface Scenario {
  readonly name: string;
  explore(options?: ExploreOptions): Promise<SystemReport>;
}

/**
 * Names a check of services as they ship; nothing runs before it is explored. What a definition holds is told at {@link check}.
 *
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
  return {
    name: definition.name ?? definition.system.map((service) => service.name).join(", "),
    explore: (options = {}) => exploreSystem(definition, options),
  };
}
