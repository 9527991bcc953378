// Every mutation that a check could notice, in the order of its services: what handlers could miss, and what the engine could fail to do.
import type { AnyService } from "@evenkeel/core";
import { reviveName } from "@evenkeel/core/engine";
import { outcomesOf } from "../system/definitions.ts";
import type { Plan } from "../system/plan.ts";
import type { Mutation } from "./mutation.ts";

export function mutationsOf({ system, stimuli, operations, budgets }: Plan): readonly Mutation[] {
  const found: Mutation[] = [];
  for (const { definitions: [definition] } of system.groups) {
    if (definition === undefined) continue;
    const { service } = definition;
    const outcomes = outcomesOf(service);
    for (const route of service.routes) {
      if (route.kind === "message") found.push({ kind: "ignores", service: service.name, message: route.definition.name });
    }
    for (const [name, operation] of outcomes) {
      const ends = operations.get(operation.name)?.ends ?? [];
      const kinds = new Set(ends.map((end) => (end.kind === "answers" ? end.name : end.kind === "notPerformed" ? end.kind : "unknown")));
      for (const kind of kinds) found.push({ kind: "ignores", service: service.name, message: `${name}: ${kind}` });
    }
    for (const { name } of service.emits) found.push({ kind: "forgets", service: service.name, message: name });
    if (service.emits.length > 1) found.push({ kind: "reverses", service: service.name });
    if (budgets.takeovers > 0 && isRevived(service)) found.push({ kind: "revivesNothing", service: service.name });
    if (Object.keys(service.entities).length > 0) found.push({ kind: "writesStale", service: service.name });
  }
  for (const [operation, { ends }] of operations) {
    if (ends.some(({ kind }) => kind !== "answers" && kind !== "notPerformed")) {
      const failures = ends.flatMap((end) => (end.kind === "answers" && end.name !== "ok" ? [end.name] : []));
      for (const outcome of ["ok", ...failures, "notPerformed"]) found.push({ kind: "guesses", operation, outcome });
    }
    found.push({ kind: "callsEarly", operation });
  }
  // Where the door absorbs nothing there is nothing to open.
  if (stimuli.some(({ isKeyed }) => isKeyed)) found.push({ kind: "opensDoor" });
  return found;
}

function isRevived({ name, routes }: AnyService): boolean {
  return routes.some((route) => route.kind === "message" && route.definition.name === reviveName(name));
}
