// The contract with the file given to `evenkeel replay`: it exports workflows, by themselves or in a list of services. What is imported is somebody
// else's, so it is looked at before it is used.
import type { AnyWorkflow } from "@evenkeel/core";
import { CliError } from "./errors.ts";
import { importModule } from "./import-module.ts";

const CONTRACT = "Export them: `export const checkout = workflow(…)`, or `export const services = [checkout, …]`.";

/** The workflows that a file exports, by name; of several versions the newest, which knows the others as `previous`. Throws `WORKFLOWS_MISSING`. */
export async function loadWorkflows(file: string, folder: string): Promise<ReadonlyMap<string, AnyWorkflow>> {
  const module = await importModule({ file, folder, command: "replay", code: "WORKFLOWS_MISSING" });
  const exported: readonly unknown[] = typeof module === "object" && module !== null ? Object.values(module) : [];
  const found = new Map<string, AnyWorkflow>();
  for (const one of exported.flatMap((value): readonly unknown[] => Array.isArray(value) ? value : [value])) {
    if (!isWorkflow(one)) continue;
    const known = found.get(one.name);
    if (known !== undefined && known !== one && known.version === one.version) {
      throw new CliError("WORKFLOWS_MISSING", `The file ${file} exports two workflows '${one.name}' of version ${String(one.version)}: export one of them.`);
    }
    if (known === undefined || known.version < one.version) found.set(one.name, one);
  }
  if (found.size === 0) throw new CliError("WORKFLOWS_MISSING", `The file ${file} exports no workflow. ${CONTRACT}`);
  return found;
}

function isWorkflow(value: unknown): value is AnyWorkflow {
  return typeof value === "object" && value !== null && "~definition" in value && "name" in value && typeof value.name === "string";
}
