// What a check of a system is made of, part by part, as text: two checks are told apart by it, and which part differs can be said. The text of
// functions stands for what they do; what they close over, and schemas, are not seen.
import type { AnyService } from "@evenkeel/core";
import type { GivenDefinition } from "./plan-system.ts";

/** By the name of the part, for people. */
export function partsOf(definition: GivenDefinition): Readonly<Record<string, string>> {
  const { system, versions = [], given = [], when, ports = [], faults = {}, observe = [], statements, attempts, now } = definition;
  const services = [...system.map((one) => [`the service "${one.name}"`, one] as const), ...versions.map((one, index) => [`version ${index + 2} of the service "${one.name}"`, one] as const)];
  return {
    ...Object.fromEntries(services.map(([name, one]) => [name, serviceText(one)])),
    "what is given": textOf(given),
    "what arrives": textOf(when),
    "the faults": textOf(faults),
    "the answers of ports": textOf(ports.map(({ port, answers }) => [Object.values(port).map(({ name }) => name), answers])),
    "what is observed": textOf(observe.map(({ name }) => name)),
    "the statements": textOf(statements ?? null),
    "the attempts": textOf(attempts ?? null),
    "the present": textOf(now ?? null),
  };
}

function serviceText({ name, entities, ports, emits, statements, routes }: AnyService): string {
  return textOf([
    name, Object.keys(entities), Object.values(ports).map((port) => Object.values(port).map((operation) => operation.name)),
    emits.map((one) => one.name), statements.map((one) => one.name),
    routes.map((route) => (route.kind === "message" ? [route.definition.name, route.handler] : [route.operation.name, route.handlers])),
  ]);
}

/** Definitions of messages are told by their names: schemas have no text. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (key, one: unknown) => {
    if (typeof one === "function") return one.toString();
    if (typeof one === "bigint") return `${one}n`;
    return key === "definition" && typeof one === "object" && one !== null && "name" in one ? one.name : one;
  });
}
