// The contract with a check file: each of its exports is something to check, or an array of such from the narrowest scope to the widest.
// What is imported is somebody else's, so it is looked at before it is used.
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { EvenkeelError, isEvenkeelError } from "@evenkeel/core";
import { check } from "../model/check.ts";
import type { WorkersOptions } from "../explore/options.ts";
import type { Subject } from "../space.ts";
import type { Scenario } from "../system/scenario.ts";
import type { Check, Scope } from "./run-checks.ts";

/** What `model()` and `scenario()` make. */
type Checkable = { readonly name: string } & ({ readonly subject: Subject<unknown> } | Pick<Scenario, "explore" | "mutants">);

const CONTRACT = "Export what model() or scenario() makes, or an array of such from the narrowest scope to the widest.";

/** Imports a check file. Throws `CHECK_FILE_INVALID`, or the file's own typed error. */
export async function loadChecks(path: string, folder: string): Promise<readonly Check[]> {
  const file = relative(folder, path);
  const exported = Object.entries(await imported(path, file));
  if (exported.length === 0) throw invalid(file, `The file ${file} exports nothing. ${CONTRACT}`);
  return exported.map(([name, value]) => ({ file, name: name === "default" ? "(default)" : name, scopes: scopesOf(value, file, { module: pathToFileURL(path).href, export: name }) }));
}

function scopesOf(value: unknown, file: string, source: Source): readonly Scope[] {
  const scopes: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (scopes.length > 0 && scopes.every(isCheckable)) return scopes.map((one, index) => scopeOf(one, Array.isArray(value) ? { ...source, index } : source));
  throw invalid(file, `What ${file} exports as ${source.export} cannot be checked. ${CONTRACT}`);
}

/** Where worker threads find the same. */
type Source = Omit<WorkersOptions, "count">;

function scopeOf(one: Checkable, source: Source): Scope {
  if ("explore" in one) return { name: one.name, explore: (options) => one.explore(options), mutants: (options, told) => one.mutants(options, told) };
  return {
    name: one.name, mutants: null,
    explore: ({ workers: count = 1, ...options }) => check({ name: one.name, subject: one.subject }, { ...options, workers: { ...source, count } }),
  };
}

function isCheckable(value: unknown): value is Checkable {
  if (typeof value !== "object" || value === null || !("name" in value)) return false;
  if ("explore" in value && "mutants" in value) return typeof value.explore === "function" && typeof value.mutants === "function";
  if (!("subject" in value) || typeof value.subject !== "object" || value.subject === null) return false;
  return "space" in value.subject && "properties" in value.subject;
}

async function imported(path: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const module: unknown = await import(pathToFileURL(path).href);
    return typeof module === "object" && module !== null ? { ...module } : {};
  } catch (error) {
    if (isEvenkeelError(error)) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
      throw invalid(file, `This Node.js cannot load ${file} as it is: run NODE_OPTIONS="--import tsx" evenkeel check, or compile it to JavaScript.`, error);
    }
    const why = error instanceof Error ? error.stack ?? error.message : String(error);
    throw invalid(file, `The file ${file} cannot be loaded: ${why}`, error);
  }
}

function invalid(file: string, message: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError("CHECK_FILE_INVALID", message, { details: { file }, ...(cause === undefined ? {} : { cause }) });
}
