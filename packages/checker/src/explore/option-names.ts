// The names that an exploration may be bounded by: a misspelled `maxStates` would explore without end and say nothing. Names alone; what they hold is
// judged in options.ts.
import { checkOptionNames, type OptionNames } from "@evenkeel/core";
import type { CheckpointOptions, ExploreOptions, SimulationOptions, WorkersOptions } from "./options.ts";

const NAMES: OptionNames<ExploreOptions> = {
  maxStates: true, maxDepth: true, maxSeconds: true, maxMemoryMb: true, fingerprintBits: true, seed: true, doubleCheck: true, checkpoint: true,
  strategy: true, workers: true, onProgress: true,
};
const CHECKPOINT: OptionNames<CheckpointOptions> = { file: true, eachSeconds: true };
const STRATEGY: OptionNames<NonNullable<ExploreOptions["strategy"]>> = { simulate: true };
const SIMULATION: OptionNames<SimulationOptions> = { runs: true, depth: true, seed: true };
const WORKERS: OptionNames<WorkersOptions> = { count: true, module: true, export: true, arguments: true, index: true };

/** Throws `CONFIG_INVALID`. */
export function checkExploreOptions(options: ExploreOptions): void {
  const what = "An exploration";
  const { checkpoint, strategy, workers } = options;
  checkOptionNames(what, options, NAMES);
  if (checkpoint !== undefined) checkOptionNames(what, checkpoint, CHECKPOINT, "checkpoint.");
  if (strategy !== undefined) {
    checkOptionNames(what, strategy, STRATEGY, "strategy.");
    checkOptionNames(what, strategy.simulate, SIMULATION, "strategy.simulate.");
  }
  if (workers !== undefined && typeof workers !== "number") checkOptionNames(what, workers, WORKERS, "workers.");
}
