// The contract with the file given to `evenkeel worker`: its default export (or `app`) is a function that makes the application, or the
// application itself. What is imported is somebody else's, so it is looked at before it is used.
import type { App, Health, Wait } from "@evenkeel/core";
import { CliError, usage } from "./errors.ts";
import { failed, importModule, ownError } from "./import-module.ts";

/**
 * What `evenkeel worker` hands to the file's function: what was asked for on the command line, and nothing else. Spread it first, so that
 * the command line decides where the application's own code says nothing.
 *
 * @example export default (options: WorkerOptions) => createApp({ ...options, services: [accounting] });
 */
export interface WorkerOptions {
  readonly database?: string;
  readonly folder?: string;
  readonly schema?: string;
}

export interface RunnableApp {
  start(): Promise<unknown>;
  /** Resolves to what was released unfinished. */
  stop(): Promise<readonly string[]>;
  /** What it waits for now; an application of an older version cannot say. */
  readonly dump: (() => WaitDump) | null;
}

/** What an operator is shown of a process that seems to hang. */
export interface WaitDump { readonly health: Health; readonly waits: readonly Wait[] }

const CONTRACT = "Export a function that makes the application: `export default (options) => createApp({ ...options, services: [...] })`.";

/** Throws `WORKER_MODULE_INVALID`, `USAGE_INVALID`, or the application's own typed error. */
export async function loadApp(file: string, folder: string, options: WorkerOptions): Promise<RunnableApp> {
  const exported = await imported(file, folder);
  if (typeof exported !== "function") {
    refuseUnheard(options, `${file} exports an application that is made already: only a function can be handed`);
    return runnable(exported, file);
  }
  if (!hasParameter(exported)) refuseUnheard(options, `${file} exports a function without a parameter, which cannot be handed`);
  try {
    return runnable(await (exported as (options: WorkerOptions) => unknown)(options), file);
  } catch (error) {
    throw ownError(error) ?? failed("WORKER_MODULE_INVALID", `The function that ${file} exports failed`, error);
  }
}

/** --database reaches every application through the environment; the others only those that take them. */
function refuseUnheard({ folder, schema }: WorkerOptions, why: string): void {
  const unheard = schema !== undefined ? "--schema" : folder !== undefined ? "--folder" : null;
  if (unheard !== null) throw usage(`The file ${why} ${unheard}. ${CONTRACT}`);
}

/** One with a default, as in `(options = {}) => …`, is not counted by `length`. */
function hasParameter(fn: { readonly length: number; toString(): string }): boolean {
  return fn.length > 0 || /^[^(]*\(\s*[^)\s]/.test(fn.toString());
}

async function imported(file: string, folder: string): Promise<unknown> {
  const module = await importModule({ file, folder, command: "worker", code: "WORKER_MODULE_INVALID" });
  if (typeof module === "object" && module !== null) {
    if ("default" in module && module.default !== undefined) return module.default;
    if ("app" in module && module.app !== undefined) return module.app;
  }
  throw new CliError("WORKER_MODULE_INVALID", `The file ${file} has neither a default export nor one called app. ${CONTRACT}`);
}

function runnable(value: unknown, file: string): RunnableApp {
  const { start, stop } = partsOf(value);
  const dumping = canDump(value) ? value : null;
  if (typeof start === "function" && typeof stop === "function") {
    return {
      start: async () => { await start.call(value); },
      stop: async () => releasedOf(await stop.call(value)),
      dump: dumping === null ? null : () => ({ health: dumping.health(), waits: dumping.waits() }),
    };
  }
  const what = `What the file ${file} exports leads to no application: it has no start and stop.`;
  throw new CliError("WORKER_MODULE_INVALID", `${what} ${CONTRACT}`);
}

function partsOf(value: unknown): { readonly start?: unknown; readonly stop?: unknown } {
  return typeof value === "object" && value !== null ? value : {};
}

function canDump(value: unknown): value is Pick<App<readonly []>, "health" | "waits"> {
  return typeof value === "object" && value !== null && "health" in value && typeof value.health === "function"
    && "waits" in value && typeof value.waits === "function";
}

function releasedOf(end: unknown): readonly string[] {
  return typeof end === "object" && end !== null && "released" in end && Array.isArray(end.released) ? end.released.map(String) : [];
}
