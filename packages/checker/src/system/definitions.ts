// The services under check as the engine runs them: groups, the definitions of each (more than one while versions run side by side), and
// which group handles what.
import type { AnyService, Operation } from "@evenkeel/core";
import { routesOf, type Routes, outcomeName } from "@evenkeel/core/engine";

/** One definition of a service. */
export interface Definition {
  /** Over all definitions of the system. */
  readonly number: number;
  readonly group: number;
  /** "orders", or "orders (another version)" where there are several. */
  readonly label: string;
  readonly service: AnyService;
  readonly routes: Routes;
  readonly handles: ReadonlySet<string>;
}

export interface Group {
  readonly number: number;
  readonly name: string;
  readonly definitions: readonly Definition[];
  /** Whether calls of one routing key go one after the other. */
  readonly callsInOrder: boolean;
}

export interface System {
  readonly groups: readonly Group[];
  /** The groups that handle a message, by its name. */
  readonly handlers: ReadonlyMap<string, readonly Group[]>;
  /** By "port.operation". */
  readonly operations: ReadonlyMap<string, Operation>;
  /** The names of messages whose appends are counted in the world. */
  readonly observed: ReadonlySet<string>;
}

/** @param versions other definitions of some of the services, which may take any of their messages. */
export function systemOf(services: readonly AnyService[], versions: readonly AnyService[], observed: ReadonlySet<string>): System {
  let number = 0;
  const groups = services.map((service, group): Group => {
    const others = versions.filter((other) => other.name === service.name);
    const definitions = [service, ...others].map((one, index): Definition => {
      const routes = routesOf(one);
      const label = index === 0 ? one.name : `${one.name} (version ${String(index + 1)})`;
      return { number: number++, group, label, service: one, routes, handles: new Set(routes.names) };
    });
    return { number: group, name: service.name, definitions, callsInOrder: service.callsInOrder ?? true };
  });
  const handlers = new Map<string, Group[]>();
  for (const group of groups) {
    for (const name of new Set(group.definitions.flatMap((one) => one.routes.names))) {
      const known = handlers.get(name);
      if (known === undefined) handlers.set(name, [group]);
      else known.push(group);
    }
  }
  const operations = new Map<string, Operation>();
  for (const service of [...services, ...versions]) {
    for (const port of Object.values(service.ports)) for (const operation of Object.values(port)) operations.set(operation.name, operation);
  }
  return { groups, handlers, operations, observed };
}

/** The outcome messages of a group's calls, to the operation they belong to. */
export function outcomesOf(service: AnyService): ReadonlyMap<string, Operation> {
  const found = new Map<string, Operation>();
  for (const route of service.routes) if (route.kind === "outcome") found.set(outcomeName(service.name, route.operation.name), route.operation);
  return found;
}
