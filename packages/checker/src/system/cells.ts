// Every cell of a system under check, found by what it stands for. A cell comes to be when it is first asked for, which changes no world.
import type { DocumentState, DocumentRef, NewCall } from "@evenkeel/core/engine";
import { documentId } from "@evenkeel/core/engine";
import { Cell } from "./cell.ts";
import type { ArmedTimer, Decided, Effect, Line, LineCell, Observed, QueueCell, Stimulus } from "./contents.ts";
import { KeyedCell, KeyQueue } from "./queue-cell.ts";

export class DocumentCell extends Cell<DocumentState> {
  readonly id: string;
  readonly ref: DocumentRef;
  /** What views have made of its bodies, by their number. */
  readonly kept: unknown[] = [];

  constructor(index: number, id: string, seed: number, ref: DocumentRef) {
    super(index, `document\u0000${id}`, seed);
    this.id = id;
    this.ref = ref;
  }

  /** The number of a body; null: no document. */
  of(body: string | null): number {
    return body === null ? 0 : this.number(body, () => ({ version: 1, body }));
  }
}

export class EffectCell extends Cell<Effect> {
  readonly operation: string;
  /** The routing keys of all calls that were ever of its key. */
  readonly routingKeys = new Set<string>();

  constructor(index: number, key: string, seed: number, operation: string) {
    super(index, key, seed);
    this.operation = operation;
  }
}

export class ObservedCell extends Cell<Observed> {
  readonly name: string;
  readonly messageKey: string;

  constructor(index: number, key: string, seed: number, name: string, messageKey: string) {
    super(index, key, seed);
    this.name = name;
    this.messageKey = messageKey;
  }
}

export interface TimerPlace { readonly group: string; readonly tenant: string; readonly routingKey: string; readonly name: string }

export class TimerCell extends Cell<ArmedTimer> {
  readonly place: TimerPlace;

  constructor(index: number, key: string, seed: number, place: TimerPlace) {
    super(index, key, seed);
    this.place = place;
  }
}

export class Cells {
  readonly seed: number;
  readonly all: Cell<unknown>[] = [];
  /** Those because of which something can happen: queues, calls, effects, timers, stimuli. */
  readonly active: Cell<unknown>[] = [];
  readonly documents: DocumentCell[] = [];
  readonly queues: QueueCell[] = [];
  readonly lines: KeyedCell<Line>[] = [];
  readonly effects: EffectCell[] = [];
  readonly timers: TimerCell[] = [];
  readonly stimuli: Cell<Stimulus>[] = [];
  readonly observed: ObservedCell[] = [];
  /** By entity. */
  readonly documentsOf = new Map<string, DocumentCell[]>();
  readonly #documents = new Map<string, DocumentCell>();
  readonly #queues = new Map<string, QueueCell>();
  readonly #lines = new Map<string, KeyedCell<Line>>();
  readonly #effects = new Map<string, EffectCell>();
  readonly #timers = new Map<string, TimerCell>();
  readonly #observed = new Map<string, ObservedCell>();
  readonly #queuesAt: (QueueCell | undefined)[] = [];
  readonly #effectsAt: (EffectCell | undefined)[] = [];
  readonly #decided = new Map<string, Cell<Decided>>();

  constructor(seed: number) {
    this.seed = seed;
  }

  document(ref: DocumentRef, id: string = documentId(ref.entity, ref.tenant, ref.key)): DocumentCell {
    const known = this.#documents.get(id);
    if (known !== undefined) return known;
    const made = this.#keep(new DocumentCell(this.all.length, id, this.seed, ref));
    this.#documents.set(id, made);
    this.documents.push(made);
    const siblings = this.documentsOf.get(ref.entity);
    if (siblings === undefined) this.documentsOf.set(ref.entity, [made]);
    else siblings.push(made);
    return made;
  }

  queue(group: number, name: string, tenant: string, key: string): QueueCell {
    const id = `queue\u0000${name}\u0000${tenant}\u0000${key}`;
    return this.#of(this.#queues, this.queues, id, () => new KeyQueue(this.all.length, id, this.seed, group, tenant, key));
  }

  line(group: number, name: string, tenant: string, key: string): LineCell {
    const id = `calls\u0000${name}\u0000${tenant}\u0000${key}`;
    return this.#of(this.#lines, this.lines, id, () => new KeyedCell<Line>(this.all.length, id, this.seed, group, tenant, key));
  }

  /** What the provider knows of the key of a call. */
  effect({ operation, tenant, callKey, routingKey }: Pick<NewCall, "operation" | "tenant" | "callKey" | "routingKey">): EffectCell {
    const id = `effect\u0000${operation}\u0000${tenant}\u0000${callKey}`;
    const cell = this.#of(this.#effects, this.effects, id, () => new EffectCell(this.all.length, id, this.seed, operation));
    cell.routingKeys.add(routingKey);
    return cell;
  }

  timer({ group, tenant, routingKey, name }: TimerPlace): TimerCell {
    const id = `timer\u0000${group}\u0000${tenant}\u0000${routingKey}\u0000${name}`;
    return this.#of(this.#timers, this.timers, id, () => new TimerCell(this.all.length, id, this.seed, { group, tenant, routingKey, name }));
  }

  observation(name: string, tenant: string, key: string, body: string): ObservedCell {
    const id = `observed\u0000${name}\u0000${tenant}\u0000${key}\u0000${body}`;
    return this.#of(this.#observed, this.observed, id, () => new ObservedCell(this.all.length, id, this.seed, name, key));
  }

  /** What was decided for the head of a queue. */
  decided(queue: QueueCell): Cell<Decided> {
    const id = `decided\u0000${queue.key}`;
    const known = this.#decided.get(id) ?? this.#keep(new Cell<Decided>(this.all.length, id, this.seed));
    this.#decided.set(id, known);
    return known;
  }

  /** The queue at this place of a world, if it is one. */
  queueAt(index: number): QueueCell | undefined {
    return this.#queuesAt[index];
  }

  effectAt(index: number): EffectCell | undefined {
    return this.#effectsAt[index];
  }

  isCounter(index: number): boolean {
    return this.all[index] instanceof ObservedCell;
  }

  /** A cell for something that there is once. */
  value(name: string): Cell<unknown> {
    return this.#keep(new Cell<unknown>(this.all.length, name, this.seed));
  }

  stimulus(index: number): Cell<Stimulus> {
    const made = this.#keep(new Cell<Stimulus>(this.all.length, `stimulus\u0000${String(index)}`, this.seed));
    this.stimuli.push(made);
    this.active.push(made);
    return made;
  }

  #of<Kept extends Cell<unknown>>(known: Map<string, Kept>, list: Kept[], id: string, make: () => Kept): Kept {
    const found = known.get(id);
    if (found !== undefined) return found;
    const made = this.#keep(make());
    known.set(id, made);
    list.push(made);
    if (!(made instanceof ObservedCell)) this.active.push(made);
    return made;
  }

  #keep<Kept extends Cell<unknown>>(cell: Kept): Kept {
    this.all.push(cell);
    this.#queuesAt.push(cell instanceof KeyQueue ? cell : undefined);
    this.#effectsAt.push(cell instanceof EffectCell ? cell : undefined);
    return cell;
  }
}
