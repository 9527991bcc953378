// `check()`: explores a model or a system. Which options bound it is the explorer's, which is loaded when it is needed.
import type { AnyMessageDefinition, AnyService } from "@evenkeel/core";
import type { ExploreOptions } from "../explore/options.ts";
import type { Report } from "../report.ts";
import type { SystemReport } from "../system/check-system.ts";
import { checkDefinitionOptions } from "../system/definition-options.ts";
import type { Scenario } from "../system/scenario.ts";
import type { SystemDefinition } from "../system/system-definition.ts";
import type { Model } from "./model.ts";

/**
 * Explores every state of a model, breadth first, and reports.
 *
 * The verdict is `pass` only when every state within the model's own constraint was seen and expanded, everything that was asked holds,
 * and every invariant and witness said something. A bound that was met makes it `bounded`. The trace is a shortest one, and always the same.
 *
 * @returns the report; it does not reject for what the model does: code that throws is the verdict `error`, with the way there.
 * @throws EvenkeelError `CONFIG_INVALID` for an option out of range, `CHECKPOINT_MISMATCH` for a checkpoint of something else.
 * @example const { verdict, distinct, trace } = await check(clock, { maxStates: 100_000 });
 */
export function check<State>(model: Model<State>, options?: ExploreOptions): Promise<Report>;
/**
 * Explores everything that can happen to services as they ship, under the faults that are named: each key's next message, every arrival,
 * every end of a call, every timer, in any order. Handlers run through the engine's own `decide`; each step is atomic.
 *
 * `eventually` holds where nothing can happen any more. Verdicts as for a model; and `nondeterministic`, with the handler and the line, for
 * a handler that uses a clock, chance or the network, waits for something else than its reads, or decides differently on the same.
 *
 * @throws EvenkeelError `MODEL_INVALID` where the check contradicts its services; every code of the area "definition"; `CONFIG_INVALID`,
 *   also for an option that there is not, in `faults` too.
 * @example
 * const report = await check({
 *   system: [orders, inventory],
 *   given: [StockShelf({ sku: "LAMP", units: 1 })],
 *   when: [PlaceOrder({ orderId: "a", sku: "LAMP" }), PlaceOrder({ orderId: "b", sku: "LAMP" })],
 *   faults: { duplicates: 1 },
 *   invariants: { "never oversold": (s) => s.inventory.stock.every((shelf) => shelf.onHand >= 0) },
 *   eventually: { "every order settles": (s) => s.orders.order.every((order) => order.status !== "placed") },
 * }); // report.verdict: "pass"
 */
export function check<const S extends readonly AnyService[], const O extends readonly AnyMessageDefinition[] = readonly [], Tables = unknown>(
  system: SystemDefinition<S, O, Tables>, options?: ExploreOptions,
): Promise<SystemReport>;
/** Explores what `scenario()` has named. */
export function check(scenario: Scenario, options?: ExploreOptions): Promise<SystemReport>;
export async function check<State>(subject: Model<State> | SystemDefinition<readonly AnyService[]> | Scenario, options: ExploreOptions = {}): Promise<Report> {
  if ("explore" in subject) return await subject.explore(options);
  if ("subject" in subject) return await (await import("../explore/explore.ts")).explore(subject.subject, options);
  checkDefinitionOptions(subject);
  return await (await import("../system/check-system.ts")).exploreSystem(subject, options);
}
