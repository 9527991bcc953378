// Every cell of a system under check, found by what it stands for. A cell comes to be when it is first asked for, which changes no world.
import type { DocumentState, DocumentRef, NewCall } from "@evenkeel/core/engine";
import { documentId } from "@evenkeel/core/engine";
import { Cell } from "./cell.ts";
import type { ArmedTimer, Decided, Effect, Line, LineCell, Note, Observed, QueueCell, Stimulus } from "./contents.ts";
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

  /** What was learnt from another process is of its routing key here, too. */
  override number(content: string, make: () => Effect): number {
    return super.number(content, () => {
      const effect = make();
      this.routingKeys.add(effect.routingKey);
      return effect;
    });
  }
}

class ObservedCell extends Cell<Observed> {
  readonly name: string;
  readonly messageKey: string;

  constructor(index: number, key: string, seed: number, name: string, messageKey: string) {
    super(index, key, seed);
    this.name = name;
    this.messageKey = messageKey;
  }
}

class CallLine extends KeyedCell<Line> implements LineCell {
  readonly isHeld: boolean;

  constructor(index: number, key: string, seed: number, group: number, tenant: string, routingKey: string, isHeld: boolean) {
    super(index, key, seed, group, tenant, routingKey);
    this.isHeld = isHeld;
  }
}

interface TimerPlace { readonly group: string; readonly tenant: string; readonly routingKey: string; readonly name: string }

export class TimerCell extends Cell<ArmedTimer> {
  readonly place: TimerPlace;

  constructor(index: number, key: string, seed: number, place: TimerPlace) {
    super(index, key, seed);
    this.place = place;
  }
}
/** What a cell stands for, as plain data: another process, or another thread, has the same cell under it. */
export type CellPlace =
  | { readonly kind: "document"; readonly ref: DocumentRef; readonly id: string }
  | { readonly kind: "queue" | "epoch" | "note"; readonly group: number; readonly name: string; readonly tenant: string; readonly key: string }
  | { readonly kind: "line" | "held"; readonly group: number; readonly name: string; readonly tenant: string; readonly key: string; readonly own: string }
  | { readonly kind: "effect"; readonly operation: string; readonly tenant: string; readonly callKey: string; readonly routingKey: string }
  | { readonly kind: "timer"; readonly at: TimerPlace }
  | { readonly kind: "observed"; readonly name: string; readonly tenant: string; readonly key: string; readonly body: string }
  | { readonly kind: "stimulus"; readonly index: number }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "decided"; readonly queue: string };


export class Cells {
  readonly seed: number;
  readonly all: Cell<unknown>[] = [];
  /** Those because of which something can happen: queues, calls, effects, timers, stimuli. */
  readonly active: Cell<unknown>[] = [];
  /** Of each of `all`. */
  readonly places: CellPlace[] = [];
  readonly documents: DocumentCell[] = [];
  readonly queues: QueueCell[] = [];
  /** Those that are held stand beside those with rows. */
  readonly lines: CallLine[] = [];
  /** How often a key was taken over. */
  readonly epochs: KeyedCell<number>[] = [];
  readonly notes: KeyedCell<Note>[] = [];
  readonly effects: EffectCell[] = [];
  readonly timers: TimerCell[] = [];
  readonly stimuli: Cell<Stimulus>[] = [];
  readonly observed: ObservedCell[] = [];
  /** By entity. */
  readonly documentsOf = new Map<string, DocumentCell[]>();
  readonly #documents = new Map<string, DocumentCell>();
  readonly #queues = new Map<string, QueueCell>();
  readonly #lines = new Map<string, CallLine>();
  readonly #heldOf = new Map<string, CallLine[]>();
  readonly #epochs = new Map<string, KeyedCell<number>>();
  readonly #notes = new Map<string, KeyedCell<Note>>();
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
    const made = this.#keep(new DocumentCell(this.all.length, id, this.seed, ref), { kind: "document", ref: { entity: ref.entity, tenant: ref.tenant, key: ref.key }, id });
    this.#documents.set(id, made);
    this.documents.push(made);
    const siblings = this.documentsOf.get(ref.entity);
    if (siblings === undefined) this.documentsOf.set(ref.entity, [made]);
    else siblings.push(made);
    return made;
  }

  queue(group: number, name: string, tenant: string, key: string): QueueCell {
    const id = `queue\u0000${name}\u0000${tenant}\u0000${key}`;
    const place = { kind: "queue", group, name, tenant, key } as const;
    return this.#of(this.#queues, this.queues, id, place, () => new KeyQueue(this.all.length, id, this.seed, group, tenant, key));
  }

  /** @param own tells apart the calls of one routing key, where each has a line of its own. */
  line(group: number, name: string, tenant: string, key: string, own: string): LineCell {
    const id = `calls\u0000${name}\u0000${tenant}\u0000${key}${own === "" ? "" : `\u0000${own}`}`;
    const place = { kind: "line", group, name, tenant, key, own } as const;
    return this.#of(this.#lines, this.lines, id, place, () => new CallLine(this.all.length, id, this.seed, group, tenant, key, false));
  }

  /** The same of calls that the owner of a key holds in memory. */
  held(group: number, name: string, tenant: string, key: string, own: string): LineCell {
    const keyId = `held\u0000${name}\u0000${tenant}\u0000${key}`;
    const id = own === "" ? keyId : `${keyId}\u0000${own}`;
    const place = { kind: "held", group, name, tenant, key, own } as const;
    const siblings = this.#heldOf.get(keyId) ?? [];
    if (siblings.length === 0) this.#heldOf.set(keyId, siblings);
    return this.#of(this.#lines, this.lines, id, place, () => {
      const made = new CallLine(this.all.length, id, this.seed, group, tenant, key, true);
      siblings.push(made);
      return made;
    });
  }

  /** All that the owner of a key may hold, for each key: it is lost together. */
  heldTogether(): Iterable<readonly LineCell[]> {
    return this.#heldOf.values();
  }

  epoch(group: number, name: string, tenant: string, key: string): KeyedCell<number> {
    const id = `epoch\u0000${name}\u0000${tenant}\u0000${key}`;
    const place = { kind: "epoch", group, name, tenant, key } as const;
    return this.#of(this.#epochs, this.epochs, id, place, () => new KeyedCell<number>(this.all.length, id, this.seed, group, tenant, key));
  }

  /** Whether whoever owns a key next is to revive it. */
  note(group: number, name: string, tenant: string, key: string): KeyedCell<Note> {
    const id = `note\u0000${name}\u0000${tenant}\u0000${key}`;
    const place = { kind: "note", group, name, tenant, key } as const;
    return this.#of(this.#notes, this.notes, id, place, () => new KeyedCell<Note>(this.all.length, id, this.seed, group, tenant, key));
  }

  /** Those that hold the calls of a routing key that have rows. */
  linesOf({ group, tenant, routingKey }: Pick<LineCell, "group" | "tenant" | "routingKey">): readonly LineCell[] {
    return this.lines.filter((one) => !one.isHeld && one.group === group && one.tenant === tenant && one.routingKey === routingKey);
  }

  /** What the provider knows of the key of a call. */
  effect({ operation, tenant, callKey, routingKey }: Pick<NewCall, "operation" | "tenant" | "callKey" | "routingKey">): EffectCell {
    const id = `effect\u0000${operation}\u0000${tenant}\u0000${callKey}`;
    const place = { kind: "effect", operation, tenant, callKey, routingKey } as const;
    const cell = this.#of(this.#effects, this.effects, id, place, () => new EffectCell(this.all.length, id, this.seed, operation));
    cell.routingKeys.add(routingKey);
    return cell;
  }

  timer({ group, tenant, routingKey, name }: TimerPlace): TimerCell {
    const id = `timer\u0000${group}\u0000${tenant}\u0000${routingKey}\u0000${name}`;
    const at = { group, tenant, routingKey, name };
    return this.#of(this.#timers, this.timers, id, { kind: "timer", at }, () => new TimerCell(this.all.length, id, this.seed, at));
  }

  observation(name: string, tenant: string, key: string, body: string): ObservedCell {
    const id = `observed\u0000${name}\u0000${tenant}\u0000${key}\u0000${body}`;
    return this.#of(this.#observed, this.observed, id, { kind: "observed", name, tenant, key, body }, () => new ObservedCell(this.all.length, id, this.seed, name, key));
  }

  /** What was decided for the head of a queue. */
  decided(queue: QueueCell): Cell<Decided> {
    const id = `decided\u0000${queue.key}`;
    const known = this.#decided.get(id) ?? this.#keep(new Cell<Decided>(this.all.length, id, this.seed), { kind: "decided", queue: queue.key });
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

  timerAt(index: number): TimerCell | undefined {
    const cell = this.all[index];
    return cell instanceof TimerCell ? cell : undefined;
  }

  isCounter(index: number): boolean {
    return this.all[index] instanceof ObservedCell;
  }

  /** A cell for something that there is once. */
  value(name: string): Cell<unknown> {
    return this.#keep(new Cell<unknown>(this.all.length, name, this.seed), { kind: "value", name });
  }

  stimulus(index: number): Cell<Stimulus> {
    const made = this.#keep(new Cell<Stimulus>(this.all.length, `stimulus\u0000${String(index)}`, this.seed), { kind: "stimulus", index });
    this.stimuli.push(made);
    this.active.push(made);
    return made;
  }

  /** The cell that stands for this, made if there is none yet. */
  at(place: CellPlace): Cell<unknown> {
    switch (place.kind) {
      case "document": return this.document(place.ref, place.id);
      case "queue": return this.queue(place.group, place.name, place.tenant, place.key);
      case "line": return this.line(place.group, place.name, place.tenant, place.key, place.own);
      case "held": return this.held(place.group, place.name, place.tenant, place.key, place.own);
      case "epoch": return this.epoch(place.group, place.name, place.tenant, place.key);
      case "note": return this.note(place.group, place.name, place.tenant, place.key);
      case "effect": return this.effect(place);
      case "timer": return this.timer(place.at);
      case "observed": return this.observation(place.name, place.tenant, place.key, place.body);
      case "stimulus": return this.#once(this.stimuli[place.index], place);
      case "value": return this.#once(this.all[this.places.findIndex((one) => one.kind === "value" && one.name === place.name)], place);
      case "decided": return this.#once(undefined, place);
    }
  }

  /** Cells that only the definition of a check makes. */
  #once(cell: Cell<unknown> | undefined, { kind }: CellPlace): Cell<unknown> {
    if (cell === undefined) throw new TypeError(`There is no such cell of the kind "${kind}" in this check.`);
    return cell;
  }

  #of<Kept extends Cell<unknown>>(known: Map<string, Kept>, list: Kept[], id: string, place: CellPlace, make: () => Kept): Kept {
    const found = known.get(id);
    if (found !== undefined) return found;
    const made = this.#keep(make(), place);
    known.set(id, made);
    list.push(made);
    if (!(made instanceof ObservedCell)) this.active.push(made);
    return made;
  }

  #keep<Kept extends Cell<unknown>>(cell: Kept, place: CellPlace): Kept {
    this.all.push(cell);
    this.#queuesAt.push(cell instanceof KeyQueue ? cell : undefined);
    this.#effectsAt.push(cell instanceof EffectCell ? cell : undefined);
    this.places.push(place);
    return cell;
  }
}
