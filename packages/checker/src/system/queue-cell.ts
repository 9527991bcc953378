// The queue of one key in one group, with every step between its contents remembered: the same message is appended to the same queue, and
// taken from it, in thousands of worlds.
import { Cell, NOTHING } from "./cell.ts";
import type { KnownMessage, Parked, Queue, QueueCell } from "./contents.ts";

/** A cell that belongs to one (group, tenant, routing key). */
export class KeyedCell<Value> extends Cell<Value> {
  readonly group: number;
  readonly tenant: string;
  readonly routingKey: string;

  constructor(index: number, key: string, seed: number, group: number, tenant: string, routingKey: string) {
    super(index, key, seed);
    this.group = group;
    this.tenant = tenant;
    this.routingKey = routingKey;
  }
}

export class KeyQueue extends KeyedCell<Queue> implements QueueCell {
  readonly #pushed: (Map<KnownMessage, number> | undefined)[] = [];
  readonly #popped: (number | undefined)[] = [];

  push(number: number, message: KnownMessage): number {
    const known = (this.#pushed[number] ??= new Map<KnownMessage, number>());
    const found = known.get(message);
    if (found !== undefined) return found;
    const before = this.value(number);
    const made = this.#of({ messages: [...(before?.messages ?? []), message], parked: before?.parked ?? null });
    known.set(message, made);
    return made;
  }

  pop(number: number): number {
    return (this.#popped[number] ??= this.#of({ messages: this.value(number)?.messages.slice(1) ?? [], parked: null }));
  }

  park(number: number, parked: Parked): number {
    return this.#of({ messages: this.value(number)?.messages ?? [], parked });
  }

  #of(queue: Queue): number {
    const { messages, parked } = queue;
    if (messages.length === 0) return NOTHING;
    const head = parked === null ? "" : `${String(parked.attempts)} ${parked.isDead ? "dead" : "waits"} ${parked.code}\u0000${parked.reason}`;
    return this.number(`${messages.map((one) => one.digest).join("\u0000")}\u0001${head}`, () => queue);
  }
}
