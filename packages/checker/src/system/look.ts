// A world as what is in it, for those that show it or compare it. It interprets nothing.
import type { Envelope } from "@evenkeel/core";
import type { World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import type { CallRow, Effect, KnownMessage, Parked } from "./contents.ts";
import type { System } from "./definitions.ts";

interface Place { readonly group: string; readonly tenant: string; readonly key: string }

export interface Looked {
  readonly documents: readonly { readonly id: string; readonly entity: string; readonly tenant: string; readonly key: string; readonly body: string }[];
  readonly queues: readonly (Place & { readonly messages: readonly Envelope[]; readonly parked: Parked | null })[];
  readonly calls: readonly (Place & { readonly rows: readonly CallRow[] })[];
  readonly effects: readonly Effect[];
  readonly timers: readonly Envelope[];
}

export function look(world: World, cells: Cells, system: System): Looked {
  const place = (one: { readonly group: number; readonly tenant: string; readonly routingKey: string }): Place =>
    ({ group: system.groups[one.group]?.name ?? "", tenant: one.tenant, key: one.routingKey });
  const envelope = (message: KnownMessage): Envelope => message.envelope;
  return {
    documents: cells.documents.flatMap((cell) => {
      const body = cell.in(world)?.body;
      return body == null ? [] : [{ id: cell.id, ...cell.ref, body }];
    }),
    queues: cells.queues.flatMap((cell) => {
      const queue = cell.in(world);
      return queue === undefined ? [] : [{ ...place(cell), messages: queue.messages.map(envelope), parked: queue.parked }];
    }),
    calls: cells.lines.flatMap((cell) => {
      const rows = cell.in(world);
      return rows === undefined ? [] : [{ ...place(cell), rows }];
    }),
    effects: cells.effects.flatMap((cell) => cell.in(world) ?? []),
    timers: cells.timers.flatMap((cell) => cell.in(world)?.message.envelope ?? []),
  };
}
