// What was promised of runs whose worker was killed, asked of what is left: every effect once, every step under one key. Says what is wrong, in
// words; nothing said is nothing wrong.
import { isObject, stringAt } from "./json.ts";
import type { Json } from "./json.ts";

/** Of the workflow, and effects of it in the same database. */
export const STEPS = 3;
const EFFECTS = 2;

interface Left {
  /** Every call of every process, with its `run`, `step` and `key`. */
  readonly calls: readonly Json[];
  /** Rows by `<run> <effect>`. */
  readonly effects: unknown;
  /** Runs. */
  readonly count: number;
}

export function faultsOf({ calls, effects, count }: Left): readonly string[] {
  return [...ofCalls(calls, count), ...ofEffects(effects, count)];
}

function ofCalls(calls: readonly Json[], count: number): readonly string[] {
  const keys = new Map<string, Set<string>>();
  const steps = new Map<string, Set<string>>();
  for (const call of calls) {
    const [step, key] = [`${stringAt(call, "run")} ${stringAt(call, "step")}`, stringAt(call, "key")];
    keys.set(step, (keys.get(step) ?? new Set()).add(key));
    steps.set(key, (steps.get(key) ?? new Set()).add(step));
  }
  const several = [...keys].flatMap(([step, of]) => of.size === 1 ? [] : [`${step} was called under the keys ${[...of].join(" and ")}`]);
  const shared = [...steps].flatMap(([key, of]) => of.size === 1 ? [] : [`the key ${key} is that of ${[...of].join(" and ")}`]);
  return [...several, ...shared, ...(keys.size === count * STEPS ? [] : [`${keys.size} steps were called, of ${count * STEPS}`])];
}

function ofEffects(effects: unknown, count: number): readonly string[] {
  if (!isObject(effects)) return ["the effects were not told"];
  const rows = Object.entries(effects);
  const wrong = rows.flatMap(([name, n]) => n === 1 ? [] : [`the effect ${name} stands there ${String(n)} times`]);
  return rows.length === count * EFFECTS ? wrong : [...wrong, `there are ${rows.length} effects, of ${count * EFFECTS}`];
}
