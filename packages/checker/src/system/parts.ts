// The parts of a world that a property may look at, and the cells that each consists of. A part is what a view is asked for as a whole: the
// documents of one entity, what the provider did by one operation, how often one message was said, all queues, all calls, all timers.
import type { Cell, World } from "./cell.ts";
import type { Cells } from "./cells.ts";

/**
 * "documents order", "effects card.charge", "observed stock.released", "queues", "lines", "timers", "key" (whatever makes a key one that is asked about),
 * or "all".
 * @param key only what belongs to this routing key; null: all of it.
 */
export function cellsOf(part: string, cells: Cells, key: string | null): readonly Cell<unknown>[] {
  const shows = (one: string): boolean => key === null || one === key;
  const space = part.indexOf(" ");
  const name = part.slice(space + 1);
  switch (space < 0 ? part : part.slice(0, space)) {
    case "documents": return (cells.documentsOf.get(name) ?? []).filter(({ ref }) => shows(ref.key));
    case "effects": return cells.effects.filter(({ operation, routingKeys }) => operation === name && (key === null || routingKeys.has(key)));
    case "observed": return cells.observed.filter((one) => one.name === name && shows(one.messageKey));
    case "queues": return cells.queues.filter(({ routingKey }) => shows(routingKey));
    case "lines": return cells.lines.filter(({ routingKey }) => shows(routingKey));
    case "timers": return cells.timers.filter(({ place }) => shows(place.routingKey));
    case "key": return [
      ...cells.documents.filter(({ ref }) => shows(ref.key)), ...cells.observed.filter((one) => shows(one.messageKey)),
      ...cells.queues.filter(({ routingKey }) => shows(routingKey)), ...cells.lines.filter(({ routingKey }) => shows(routingKey)),
      ...cells.effects.filter(({ routingKeys }) => key === null || routingKeys.has(key)),
    ];
    default: return cells.all;
  }
}

/** Every routing key that something in this world belongs to, in an order that stays. */
export function keysIn(world: World, cells: Cells): readonly string[] {
  const found = new Set<string>();
  const isThere = ({ index }: Cell<unknown>): boolean => (world.numbers[index] ?? 0) !== 0;
  for (const cell of cells.documents) if (isThere(cell)) found.add(cell.ref.key);
  for (const cell of cells.queues) if (isThere(cell)) found.add(cell.routingKey);
  for (const cell of cells.lines) if (isThere(cell)) found.add(cell.routingKey);
  for (const cell of cells.effects) {
    const key = cell.in(world)?.routingKey;
    if (key !== undefined) found.add(key);
  }
  for (const cell of cells.observed) if (isThere(cell)) found.add(cell.messageKey);
  return [...found];
}
