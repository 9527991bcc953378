// How an exploration is asked for: its bounds, its fingerprints, whom it tells. Defaults and validation; nothing is explored here.
import { EvenkeelError } from "@evenkeel/core";

export interface ExploreOptions {
  /** At most so many different states are stored; then the verdict is `bounded`. Default: no limit but memory. */
  readonly maxStates?: number;
  /** States of this level are judged and not expanded (initial states are level 1). Default: no limit. */
  readonly maxDepth?: number;
  /** No state is expanded after so many seconds. Default: no limit. */
  readonly maxSeconds?: number;
  /**
   * What the explorer's own memory may come to, in MB: fingerprints, ways and waiting states. Above it waiting states go to a temporary
   * file; when the rest alone needs more, the verdict is `bounded`. The process takes some hundred MB besides. Default: no limit.
   */
  readonly maxMemoryMb?: number;
  /** 64 (default) is enough up to some ten million states; the report says how likely a collision was. */
  readonly fingerprintBits?: 64 | 128;
  /** Seed of the fingerprints, a whole number of 32 bits; default 0. Repeat a suspicious pass with another one. */
  readonly seed?: number;
  /** The share of states that are expanded twice and compared, 0 to 1; default 0.01. The first 100 always are. */
  readonly doubleCheck?: number;
  /** Where the search is kept, so that it can go on after its process has ended. Not with `strategy`. Default: nowhere. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * How states are chosen. Default: all of them, breadth first. `simulate`: random runs from a seed, for what is too large to exhaust; all
   * successors of each step are judged, and the verdict is never `pass`.
   */
  readonly strategy?: { readonly simulate: SimulationOptions };
  /**
   * Threads that explore together, with the same report as one: counts, verdict, trace. Each needs memory and time of its own to begin: worth it
   * from some hundred thousand states on. Not with temporal properties, `checkpoint`, `maxMemoryMb` or `strategy`. Default: one.
   */
  readonly workers?: number | WorkersOptions;
  /** Told about twice a second, and at the end. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface CheckpointOptions {
  /**
   * Written between two levels and removed when the search has ended by itself; where it exists, the search goes on from it. It must be of
   * the same subject: what its code says and how it behaves is compared, and another one is refused. Constants that conditions close over
   * are not seen by that: put them into the subject's name.
   */
  readonly file: string;
  /** At most this often, in seconds; default 60. 0: after every level. */
  readonly eachSeconds?: number;
}

/** Threads that explore a model together, and where each of them finds it: functions cannot be handed to a thread. */
export interface WorkersOptions {
  /** How many threads, from 1. 1 is a search in the calling thread. */
  readonly count: number;
  /** URL of the module that defines it, such as `import.meta.url`. It is imported once more by each thread: it must not check anything itself. */
  readonly module: string | URL;
  /** The name of the export; default "default". What `model()` made, or a function that returns it. */
  readonly export?: string;
  /** What the export is called with, where it is a function: values that can be cloned. */
  readonly arguments?: readonly unknown[];
  /** Which element, where the export is an array. */
  readonly index?: number;
}

export interface SimulationOptions {
  /** How many runs; default 1,000. */
  readonly runs?: number;
  /** States of a run, at most; default 100. */
  readonly depth?: number;
  /** Seed of the choices, a whole number of 32 bits; default 0. The same seed chooses the same runs. */
  readonly seed?: number;
}

export interface Progress {
  readonly subject: string;
  readonly distinct: number;
  readonly generated: number;
  /** States that wait to be expanded. */
  readonly queue: number;
  /** The level that is being expanded. */
  readonly depth: number;
  readonly seconds: number;
  /** Generated states per second since the last report. */
  readonly rate: number;
  /** Resident memory of the process. */
  readonly memoryBytes: number;
}

export interface Settings {
  readonly maxStates: number;
  readonly maxDepth: number;
  readonly maxSeconds: number;
  readonly maxMemoryMb: number;
  readonly fingerprintBits: 64 | 128;
  readonly seed: number;
  readonly doubleCheck: number;
  readonly onProgress: ((progress: Progress) => void) | null;
}

/** The simulation that is asked for, defaults filled in; null: none. Throws `CONFIG_INVALID`. */
export function simulationOf({ strategy }: ExploreOptions): Required<SimulationOptions> | null {
  if (strategy === undefined) return null;
  const { runs = 1_000, depth = 100, seed = 0 } = strategy.simulate;
  return { runs: atLeast(1, "runs", runs), depth: atLeast(1, "depth", depth), seed: seed >>> 0 };
}

/** Defaults filled in. Throws `CONFIG_INVALID` for a value out of range. */
export function settingsOf(options: ExploreOptions): Settings {
  const bits: number = options.fingerprintBits ?? 64;
  if (bits !== 64 && bits !== 128) throw invalid("fingerprintBits", bits, "64 or 128");
  return {
    maxStates: atLeast(1, "maxStates", options.maxStates),
    maxDepth: atLeast(1, "maxDepth", options.maxDepth),
    maxSeconds: atLeast(0, "maxSeconds", options.maxSeconds),
    maxMemoryMb: atLeast(1, "maxMemoryMb", options.maxMemoryMb),
    fingerprintBits: bits,
    seed: (options.seed ?? 0) >>> 0,
    doubleCheck: share(options.doubleCheck ?? 0.01),
    onProgress: options.onProgress ?? null,
  };
}

function atLeast(least: number, name: string, value: number | undefined): number {
  if (value === undefined) return Infinity;
  if (!(value >= least)) throw invalid(name, value, `a number of at least ${least}`);
  return value;
}

function share(value: number): number {
  if (!(value >= 0 && value <= 1)) throw invalid("doubleCheck", value, "a number from 0 to 1");
  return value;
}

function invalid(name: string, value: unknown, wanted: string): EvenkeelError {
  return new EvenkeelError("CONFIG_INVALID", `The option "${name}" of an exploration is ${String(value)}: give ${wanted}.`, { details: { name } });
}
