// Start-up checks: everything that is wrong with an application's definitions and that types could not say is said here, before
// anything runs, never at three in the morning.
import { EvenkeelError, type ErrorCode } from "../errors.ts";
import type { AnyMessageDefinition } from "../message/definition.ts";
import { schemaText } from "../message/schema.ts";
import { digestOf } from "../message/hash.ts";
import type { Manifest } from "../spi/store.ts";
import type { ProvidedPort } from "./port.ts";
import { outcomeName, type AnyService } from "./service.ts";

interface Definitions {
  readonly services: readonly AnyService[];
  /** Messages that may be published at the door. */
  readonly accepts: readonly AnyMessageDefinition[];
  readonly ports: readonly ProvidedPort[];
}

function refuse(code: ErrorCode, message: string, details: Record<string, unknown>): never {
  throw new EvenkeelError(code, message, { details });
}

/** Throws the first finding as a typed error. */
export function checkDefinitions({ services, accepts, ports }: Definitions): void {
  unique(services.map((one) => one.name), "services");
  for (const service of services) checkService(service);
  checkEntities(services);
  checkMessages(services, accepts);
  checkPorts(services, ports);
}

function unique(names: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) refuse("NAME_DUPLICATE", `Two ${what} are named '${name}': rename one.`, { name, what });
    seen.add(name);
  }
}

function checkService(service: AnyService): void {
  const handled = new Set<string>();
  for (const route of service.routes) {
    const name = route.kind === "message" ? route.definition.name : outcomeName(service.name, route.operation.name);
    if (handled.has(name)) {
      refuse("COMMAND_HANDLED_TWICE", `Service '${service.name}' handles '${name}' twice: join the two handlers.`, { service: service.name, name });
    }
    handled.add(name);
  }
  for (const port of Object.values(service.ports)) {
    for (const operation of Object.values(port)) {
      if (!handled.has(outcomeName(service.name, operation.name))) {
        refuse(
          "OUTCOME_UNHANDLED",
          `Service '${service.name}' declares the port of '${operation.name}' and handles none of its outcomes: add \`.outcome(...)\` for it.`,
          { service: service.name, operation: operation.name },
        );
      }
    }
  }
}

function checkEntities(services: readonly AnyService[]): void {
  const owners = new Map<string, string>();
  for (const service of services) {
    unique(Object.values(service.entities).map((one) => one.name), `entities of service '${service.name}'`);
    for (const entity of Object.values(service.entities)) {
      const owner = owners.get(entity.name);
      if (owner !== undefined) {
        refuse("NAME_DUPLICATE", `Entity '${entity.name}' is bound by the services '${owner}' and '${service.name}': one service owns an entity, others learn by events.`, { entity: entity.name });
      }
      owners.set(entity.name, service.name);
    }
  }
}

function checkMessages(services: readonly AnyService[], accepts: readonly AnyMessageDefinition[]): void {
  const definitions = new Map<string, AnyMessageDefinition>();
  const sources = new Set<string>(accepts.map((one) => one.name));
  const know = (definition: AnyMessageDefinition): void => {
    const other = definitions.get(definition.name);
    if (other !== undefined && other !== definition) {
      refuse("NAME_DUPLICATE", `Two definitions are named '${definition.name}': define a message once and import it.`, { name: definition.name });
    }
    definitions.set(definition.name, definition);
  };
  accepts.forEach(know);
  const handlers = new Map<string, string[]>();
  for (const service of services) {
    for (const definition of service.emits) {
      know(definition);
      sources.add(definition.name);
    }
    for (const definition of service.offers ?? []) sources.add(definition.name);
    for (const route of service.routes) {
      if (route.kind !== "message") continue;
      know(route.definition);
      handlers.set(route.definition.name, [...(handlers.get(route.definition.name) ?? []), service.name]);
    }
  }
  for (const definition of definitions.values()) {
    const by = handlers.get(definition.name) ?? [];
    if (definition.kind === "command" && by.length > 1) {
      refuse("COMMAND_HANDLED_TWICE", `Command '${definition.name}' is handled by ${by.map((one) => `'${one}'`).join(" and ")}: a command has exactly one handler; make it an event, or remove one.`, { name: definition.name, services: by });
    }
    if (definition.kind === "command" && by.length === 0) {
      refuse("COMMAND_UNHANDLED", `Command '${definition.name}' can be sent, and no service handles it: add a handler.`, { name: definition.name });
    }
    if (by.length > 0 && !sources.has(definition.name)) {
      refuse(
        "EVENT_NEVER_EMITTED",
        `'${definition.name}' is handled by service '${by[0] ?? ""}', and nobody could ever emit it: add it to a service's \`emits\` or to the application's \`accepts\`.`,
        { name: definition.name, services: by },
      );
    }
  }
}

function checkPorts(services: readonly AnyService[], provided: readonly ProvidedPort[]): void {
  const names = provided.flatMap((one) => [...new Set(Object.values(one.port).map((operation) => operation.port))]);
  unique(names, "provided ports");
  provided.forEach(checkImplementation);
  const offered = new Set(provided.flatMap((one) => Object.values(one.port).map((operation) => operation.name)));
  for (const service of services) {
    for (const operation of Object.values(service.ports).flatMap((port) => Object.values(port))) {
      if (!offered.has(operation.name)) {
        refuse("PORT_MISSING", `Service '${service.name}' needs '${operation.name}', and the application does not provide its port: add \`provide(...)\` to \`ports\`.`, { operation: operation.name });
      }
    }
  }
}

/** An operation without code would be refused call by call, and an unknown outcome that nobody can ask about would wait for a person. */
function checkImplementation({ port, implementation }: ProvidedPort): void {
  for (const [name, operation] of Object.entries(port)) {
    const code = Object.hasOwn(implementation, name) ? implementation[name] : undefined;
    const lacks = typeof code?.perform !== "function" ? "perform" : operation.spec.reconcile !== "repeat" && typeof code.ask !== "function" ? "ask" : null;
    if (lacks === null) continue;
    const cure = lacks === "ask" ? "give it one, or declare the operation with `reconcile: \"repeat\"`" : `write \`provide(port, { ${name}: { perform: … } })\``;
    refuse("PORT_MISSING", `The port of '${operation.name}' is provided without a function '${lacks}' for it: ${cure}.`, { operation: operation.name, lacks });
  }
}

/** What the store must know of the definitions. */
export function manifestOf({ services, accepts }: Definitions, partitions: number | null): Manifest {
  const definitions = new Map<string, AnyMessageDefinition>();
  for (const definition of [...accepts, ...services.flatMap((one) => one.emits)]) definitions.set(definition.name, definition);
  return {
    partitions,
    groups: services.map((service) => ({
      name: service.name,
      handles: service.routes.map((route) => (route.kind === "message" ? route.definition.name : outcomeName(service.name, route.operation.name))),
    })),
    entities: services.flatMap((service) => Object.values(service.entities).map((entity) => entity.name)),
    schemas: [...definitions.values()].map(({ name, version, schema }) => {
      const text = schemaText(schema);
      return { name, version, digest: text === null ? null : digestOf(text) };
    }),
  };
}
