// What is asked for with `workers`, and what it excludes. It starts nothing.
import { isMainThread, workerData } from "node:worker_threads";
import { EvenkeelError } from "@evenkeel/core";
import type { Subject } from "../../space.ts";
import type { ExploreOptions } from "../options.ts";
import type { SubjectSource } from "./messages.ts";

interface Workers { readonly count: number; readonly source: SubjectSource }

/** Null: one thread is enough. Throws `CONFIG_INVALID` for what several threads cannot do: there is no silent fallback to one. */
export function workersOf<State>(subject: Subject<State>, options: ExploreOptions): Workers | null {
  const { workers = 1 } = options;
  const count = typeof workers === "number" ? workers : workers.count;
  if (!Number.isSafeInteger(count) || count < 1) throw invalid(subject, "give a whole number from 1", count);
  if (count === 1) return null;
  const obstacle = obstacleOf(subject, options);
  if (obstacle !== null) throw invalid(subject, obstacle, count);
  if (typeof workers === "number") {
    throw invalid(subject, "functions cannot be handed to a thread: name the module that defines it, workers: { count, module: import.meta.url, export: \"name\" }", count);
  }
  if (!isMainThread && typeof workerData === "object" && workerData !== null && "evenkeelCrew" in workerData) {
    throw invalid(subject, "its module checks it while a worker thread imports it: define it in a module of its own", count);
  }
  const { module, export: name = "default", arguments: given, index } = workers;
  return {
    count,
    source: { module: String(module), export: name, ...(given === undefined ? {} : { arguments: given }), ...(index === undefined ? {} : { index }) },
  };
}

function obstacleOf<State>({ properties, space, oneThread }: Subject<State>, { checkpoint, maxMemoryMb, strategy }: ExploreOptions): string | null {
  if (oneThread !== undefined) return oneThread;
  if (properties.temporal.length > 0) return "its endless runs are judged from the memory of one thread";
  if (checkpoint !== undefined) return "a checkpoint is kept by one thread";
  if (maxMemoryMb !== undefined) return "maxMemoryMb is kept by one thread";
  if (strategy !== undefined) return "random runs are made by one thread";
  const codec = space.codec?.();
  return codec?.news === undefined || codec.learn === undefined ? "its states have no form that another thread could read" : null;
}

function invalid<State>({ name }: Subject<State>, why: string, count: number): EvenkeelError {
  return new EvenkeelError("CONFIG_INVALID", `"${name}" cannot be explored by ${count} workers: ${why}.`, { details: { name: "workers", subject: name } });
}
