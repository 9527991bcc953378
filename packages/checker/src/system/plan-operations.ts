// Which ends the attempts of each operation have, and what the provider answers, from the options of a check.
import { EvenkeelError, type Operation } from "@evenkeel/core";
import type { FakePort } from "./answers.ts";
import type { System } from "./definitions.ts";
import type { AttemptEnd, PlannedOperation, ProviderRequest } from "./plan.ts";

export interface FaultsGiven {
  readonly duplicates?: number;
  readonly crashes?: number;
  readonly poisons?: number;
  readonly redrives?: number;
  readonly takeovers?: number;
  readonly ports?: Readonly<Record<string, readonly string[] | undefined>>;
}

export function planOperations(system: System, fakes: readonly FakePort[], faults: FaultsGiven): ReadonlyMap<string, PlannedOperation> {
  const planned = new Map<string, PlannedOperation>();
  for (const [name, operation] of system.operations) {
    const answers = answersOf(fakes, name);
    const ends = faults.ports?.[name] ?? ["ok"];
    planned.set(name, {
      ends: ends.filter((end) => end !== "unresolved").map((end) => endOf(operation, end, answers)),
      isSilent: ends.includes("unresolved"),
      reconcile: operation.spec.reconcile ?? "ask",
      answer: answerer(operation, answers),
    });
  }
  for (const name of Object.keys(faults.ports ?? {})) {
    if (!system.operations.has(name)) {
      throw new EvenkeelError("MODEL_INVALID", `\`faults.ports\` names '${name}', which no service of the system calls: ${[...system.operations.keys()].join(", ")}.`);
    }
  }
  return planned;
}

function answersOf(fakes: readonly FakePort[], name: string): Readonly<Record<string, unknown>> {
  for (const { port, answers } of fakes) {
    for (const [binding, operation] of Object.entries(port)) if (operation.name === name) return answers[binding] ?? {};
  }
  return {};
}

function endOf(operation: Operation, end: string, answers: Readonly<Record<string, unknown>>): AttemptEnd {
  switch (end) {
    case "notPerformed":
    case "unknown-applied":
    case "unknown-not-applied":
    case "late-applied":
    case "late-denied": return { kind: end };
    default: {
      const known = ["ok", ...Object.keys(operation.spec.failures ?? {})];
      if (!known.includes(end)) {
        throw new EvenkeelError("MODEL_INVALID", `\`faults.ports\` lets '${operation.name}' end as '${end}': it can answer ${known.join(", ")}.`);
      }
      if (!(end in answers)) {
        throw new EvenkeelError("MODEL_INVALID", `'${operation.name}' may end as '${end}', and the check does not say what it answers then: add it to \`answers(...)\`.`);
      }
      return { kind: "answers", name: end };
    }
  }
}

/** Answers are validated as the platform validates a provider's, and remembered. */
function answerer(operation: Operation, answers: Readonly<Record<string, unknown>>): PlannedOperation["answer"] {
  const known = new Map<string, string>();
  return (name, request) => {
    const id = `${name}\u0000${request.tenant}\u0000${request.key}\u0000${request.input}`;
    const found = known.get(id);
    if (found !== undefined) return found;
    const made = answer(operation, name, answers[name], request);
    known.set(id, made);
    return made;
  };
}

function answer(operation: Operation, name: string, given: unknown, { input, key, tenant }: ProviderRequest): string {
  const value: unknown = typeof given === "function" ? Reflect.apply(given, undefined, [{ input: JSON.parse(input) as unknown, key, tenant }]) : given;
  const schema = name === "ok" ? operation.spec.ok : operation.spec.failures?.[name];
  const result = schema?.["~standard"].validate(value);
  if (result !== undefined && !(result instanceof Promise) && result.issues === undefined) return JSON.stringify(result.value);
  const issue = result === undefined || result instanceof Promise ? undefined : result.issues[0]?.message;
  throw new EvenkeelError("MODEL_INVALID", `The answer '${name}' that the check gives for '${operation.name}' is not valid: ${issue ?? "it is no declared answer"}.`);
}
