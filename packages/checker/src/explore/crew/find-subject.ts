// Imports what a thread is to explore: threads share no functions, so each has the module for itself. What is imported is somebody else's, and is
// looked at before it is used.
import { EvenkeelError } from "@evenkeel/core";
import type { Subject } from "../../space.ts";
import type { SubjectSource } from "./messages.ts";

/** What `model()` makes. */
interface Explorable { readonly subject: Subject<unknown> }

/** Throws `CONFIG_INVALID` where the module has no such export, or one that cannot be explored by threads. */
export async function findSubject(source: SubjectSource): Promise<Subject<unknown>> {
  const module: unknown = await import(source.module);
  const exported = typeof module === "object" && module !== null ? Reflect.get(module, source.export) as unknown : undefined;
  if (exported === undefined) throw invalid(source, "the module exports nothing of this name");
  const made: unknown = isFactory(exported) ? await exported(...(source.arguments ?? [])) : exported;
  const one: unknown = Array.isArray(made) && source.index !== undefined ? made[source.index] : made;
  if (!isExplorable(one)) throw invalid(source, "that is not what model() makes");
  return one.subject;
}

function isFactory(value: unknown): value is (...args: readonly unknown[]) => unknown {
  return typeof value === "function";
}

function isExplorable(value: unknown): value is Explorable {
  if (typeof value !== "object" || value === null) return false;
  return "subject" in value && typeof value.subject === "object" && value.subject !== null && "space" in value.subject && "properties" in value.subject;
}

function invalid({ module, export: name }: SubjectSource, why: string): EvenkeelError {
  return new EvenkeelError("CONFIG_INVALID", `Worker threads cannot explore "${name}" of ${module}: ${why}.`, { details: { module, export: name } });
}
