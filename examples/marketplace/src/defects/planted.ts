// A shipping service with something changed: handlers of the same messages and calls take the place of the shipping ones, and all others stay as
// they are. Whatever else it needs, it brings along: entities, messages, statements. It refuses to change how anything runs.
import type { inventory } from "../inventory/inventory.ts";

type Routes = (typeof inventory)["routes"];
type Parts = Pick<typeof inventory, "emits" | "statements" | "routes"> & { readonly entities: object };

/** @param changed handles what is done otherwise, and nothing else. */
export function planted<S extends Parts>(shipping: S, changed: Parts): Omit<S, "on" | "outcome"> {
  const handled = new Map(changed.routes.map((route) => [nameOf(route), route]));
  const kept = shipping.routes.map((route) => handled.get(nameOf(route)) ?? route);
  return {
    ...shipping,
    entities: { ...changed.entities, ...shipping.entities },
    emits: [...new Set([...shipping.emits, ...changed.emits])],
    statements: [...shipping.statements, ...changed.statements],
    routes: [...new Set([...kept, ...changed.routes])],
  };
}

/** A shipping service that does not listen to a message. */
export function deafTo<S extends Parts>(shipping: S, name: string): Omit<S, "on" | "outcome"> {
  return { ...shipping, routes: shipping.routes.filter((route) => nameOf(route) !== name) };
}

function nameOf(route: Routes[number]): string {
  return route.kind === "message" ? route.definition.name : route.operation.name;
}
