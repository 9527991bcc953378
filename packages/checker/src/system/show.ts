// A world as plain data for people: only what is there.
import type { World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import type { System } from "./definitions.ts";

export function showWorld(world: World, cells: Cells, system: System): unknown {
  const name = (group: number): string => system.groups[group]?.name ?? "";
  const place = (tenant: string, key: string): string => (tenant === "default" ? key : `${tenant}/${key}`);
  const documents: Record<string, Record<string, unknown>> = {};
  for (const [entity, list] of cells.documentsOf) {
    for (const cell of list) {
      const body = cell.in(world)?.body;
      if (body != null) (documents[entity] ??= {})[place(cell.ref.tenant, cell.ref.key)] = JSON.parse(body);
    }
  }
  const queues = cells.queues.flatMap((cell) => {
    const queue = cell.in(world);
    if (queue === undefined) return [];
    const { parked, messages } = queue;
    const waits = parked === null ? {} : { parked: `${parked.isDead ? "dead" : "waiting"} after ${String(parked.attempts)}: ${parked.code}` };
    return [{ service: name(cell.group), key: place(cell.tenant, cell.routingKey), messages: messages.map((one) => one.envelope.name), ...waits }];
  });
  const calls = cells.lines.flatMap((line) => (line.in(world) ?? []).map(({ call, state, isCrashed }) => ({
    service: name(line.group), operation: call.operation, key: place(call.tenant, call.callKey), state, ...(isCrashed ? { workerDied: true } : {}),
  })));
  const provider = cells.effects.flatMap((cell) => {
    const effect = cell.in(world);
    if (effect === undefined) return [];
    const { operation, tenant, key, applied, answer, isLate } = effect;
    return [{ operation, key: place(tenant, key), applied, answer: answer?.name ?? null, ...(isLate ? { onItsWay: true } : {}) }];
  });
  const timers = cells.timers.flatMap((cell) => {
    const message = cell.in(world)?.message.envelope;
    return message === undefined ? [] : [{ message: message.name, key: place(message.tenant, message.key) }];
  });
  const parts = { queues, calls, provider, timers };
  return { documents, ...Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)) };
}
