// The contract with a check file: each of its exports is something to check, or an array of such from the narrowest scope to the widest.
// What is imported is somebody else's, so it is looked at before it is used.
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { EvenkeelError, isEvenkeelError } from "@evenkeel/core";
import { check } from "../model/check.ts";
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
  return exported.map(([name, value]) => ({ file, name: name === "default" ? "(default)" : name, scopes: scopesOf(value, file, name) }));
}

function scopesOf(value: unknown, file: string, name: string): readonly Scope[] {
  const scopes: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (scopes.length > 0 && scopes.every(isCheckable)) return scopes.map(scopeOf);
  throw invalid(file, `What ${file} exports as ${name} cannot be checked. ${CONTRACT}`);
}

function scopeOf(one: Checkable): Scope {
  if ("explore" in one) return { name: one.name, explore: (options) => one.explore(options), mutants: (options, told) => one.mutants(options, told) };
  return { name: one.name, explore: (options) => check({ name: one.name, subject: one.subject }, options), mutants: null };
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
