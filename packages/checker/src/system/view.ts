// The world as invariants see it: documents by service and entity, what the provider did, what is under way. Everything is made when it is
// asked for, once per world, and documents once per body. It changes nothing.
import { NOTHING, World } from "./cell.ts";
import type { Cells, DocumentCell } from "./cells.ts";
import type { Effect, KnownMessage } from "./contents.ts";
import type { System } from "./definitions.ts";
import type { CallInFlight, MessageInFlight, ParkedMessage, TimerInFlight } from "./system-definition.ts";

class WorldView {
  readonly #world: World;
  readonly #parts: ViewParts;
  /** Only what belongs to this routing key; null: everything. */
  readonly #key: string | null;
  readonly #made = new Map<string, unknown>();

  constructor(world: World, parts: ViewParts, key: string | null) {
    this.#world = world;
    this.#parts = parts;
    this.#key = key;
  }

  documents(entity: string): readonly unknown[] {
    return this.#once(`documents ${entity}`, () => {
      const found: unknown[] = [];
      for (const cell of this.#parts.cells.documentsOf.get(entity) ?? []) {
        const number = this.#world.numbers[cell.index] ?? NOTHING;
        if (number !== NOTHING && this.#shows(cell.ref.key)) found.push(keptOf(cell, number));
      }
      return found;
    });
  }

  get provider(): object {
    return this.#parts.byName([...this.#parts.system.operations.keys()], (operation) => this.#effectsOf(operation));
  }

  #effectsOf(operation: string): readonly unknown[] {
    return this.#once(`effects ${operation}`, () => this.#parts.cells.effects.flatMap((cell) => {
      const effect = cell.operation === operation ? cell.in(this.#world) : undefined;
      return effect === undefined || !this.#shows(effect.routingKey) ? [] : [effectOf(effect)];
    }));
  }

  get observed(): object {
    return this.#parts.byName([...this.#parts.system.observed], (name) => this.#observedOf(name));
  }

  #observedOf(name: string): readonly unknown[] {
    return this.#once(`observed ${name}`, () => this.#parts.cells.observed.flatMap((cell) => {
      const one = cell.name === name && this.#shows(cell.messageKey) ? cell.in(this.#world) : undefined;
      if (one === undefined) return [];
      const { key, tenant, body } = one.message.envelope;
      return [{ key, tenant, data: parsed(body), times: one.times }];
    }));
  }

  get messages(): readonly MessageInFlight[] {
    return this.#once("queues", () => this.#parts.cells.queues.flatMap((cell) => (!this.#shows(cell.routingKey) ? []
      : (cell.in(this.#world)?.messages ?? []).map((message) => inFlight(this.#nameOf(cell.group), message)))));
  }

  get parked(): readonly ParkedMessage[] {
    return this.#once("queues", () => this.#parts.cells.queues.flatMap((cell): ParkedMessage[] => {
      const { messages: [head, ...behind] = [], parked = null } = cell.in(this.#world) ?? {};
      if (head === undefined || parked === null || !this.#shows(cell.routingKey)) return [];
      const { attempts, code, reason, isDead } = parked;
      return [{ ...inFlight(this.#nameOf(cell.group), head), state: isDead ? "dead" : "waiting", attempts, code, reason, behind: behind.length }];
    }), "parked");
  }

  get deadLetters(): readonly ParkedMessage[] {
    return this.#once("queues", () => this.parked.filter((one) => one.state === "dead"), "deadLetters");
  }

  get calls(): readonly CallInFlight[] {
    return this.#once("lines", () => this.#parts.cells.lines.flatMap((line) => (!this.#shows(line.routingKey) ? []
      : (line.in(this.#world) ?? []).map(({ call, state }): CallInFlight => ({
        service: this.#nameOf(line.group), operation: call.operation, key: call.callKey, tenant: call.tenant, routingKey: call.routingKey,
        state, input: parsed(call.input),
      })))));
  }

  get timers(): readonly TimerInFlight[] {
    return this.#once("timers", () => this.#parts.cells.timers.flatMap((cell): TimerInFlight[] => {
      const armed = this.#shows(cell.place.routingKey) ? cell.in(this.#world) : undefined;
      if (armed === undefined) return [];
      const { name, key, tenant, body } = armed.message.envelope;
      return [{ name, key, tenant, data: parsed(body) }];
    }));
  }

  get isQuiet(): boolean {
    return this.#once("all", () => this.#parts.isAtRest(this.#world));
  }

  #shows(key: string): boolean {
    return this.#key === null || key === this.#key;
  }

  #nameOf(group: number): string {
    return this.#parts.system.groups[group]?.name ?? "";
  }

  /** @param part of the world that is looked at; see parts.ts. */
  #once<Value>(part: string, make: () => Value, what: string = part): Value {
    this.#parts.told.reader?.add(part);
    // What is kept under a name was made by the one caller that uses this name.
    if (!this.#made.has(what)) this.#made.set(what, Object.freeze(make()));
    return this.#made.get(what) as Value;
  }
}

interface ViewParts {
  readonly cells: Cells;
  readonly system: System;
  readonly isAtRest: (world: World) => boolean;
  readonly told: { reader: Set<string> | null };
  /** An object with these names, each made when it is asked for. */
  byName(names: readonly string[], of: (name: string) => readonly unknown[]): object;
}

/** The names of facts: no service may be called so. */
export const FACTS = ["provider", "observed", "messages", "parked", "deadLetters", "calls", "timers", "isQuiet"] as const;

const VIEW = Symbol("view");

class Viewed {
  readonly [VIEW]: WorldView;

  constructor(view: WorldView) {
    this[VIEW] = view;
  }
}

interface Seen { readonly world: World; readonly views: Map<string | null, object> }

export interface Viewer {
  /** The view of a world, or of what in it belongs to one routing key. The same one as long as one world is asked about. */
  of(world: World, key?: string | null): object;
  /** Is told the parts of the world that are looked at while it is here; see parts.ts. */
  reader: Set<string> | null;
}

/** A way from worlds to their views. Those of two worlds are kept: properties ask about one world after the other, steps about two. */
export function viewer(
  cells: Cells, system: System, isAtRest: (world: World) => boolean,
): Viewer {
  const Shown = class extends Viewed {};
  for (const { name, definitions } of system.groups) {
    const Documents = class extends Viewed {};
    for (const [binding, entity] of definitions.flatMap(({ service }) => Object.entries(service.entities))) {
      Object.defineProperty(Documents.prototype, binding, { configurable: true, get(this: Viewed) { return this[VIEW].documents(entity.name); } });
    }
    Object.defineProperty(Shown.prototype, name, { get(this: Viewed) { return new Documents(this[VIEW]); } });
  }
  for (const fact of FACTS) Object.defineProperty(Shown.prototype, fact, { get(this: Viewed) { return this[VIEW][fact]; } });
  const byName: ViewParts["byName"] = (names, of) =>
    Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { enumerable: true, get: () => of(name) }])));
  let last: Seen = { world: new World([]), views: new Map() };
  let before = last;
  const made: Viewer = {
    reader: null,
    of: (world, key = null) => {
      if (last.world !== world) {
        const seen = before.world === world ? before : { world, views: new Map<string | null, object>() };
        before = last;
        last = seen;
      }
      const found = last.views.get(key) ?? new Shown(new WorldView(world, parts, key));
      last.views.set(key, found);
      return found;
    },
  };
  const parts: ViewParts = { cells, system, isAtRest, told: made, byName };
  return made;
}

function keptOf(cell: DocumentCell, number: number): unknown {
  return (cell.kept[number] ??= made(cell, number));
}

function made(cell: DocumentCell, number: number): unknown {
  const { key, tenant } = cell.ref;
  const document = parsed(cell.value(number)?.body ?? "null");
  const fields = typeof document === "object" && document !== null && !Array.isArray(document) ? document : { value: document };
  return Object.freeze({ ...fields, key, tenant });
}

function effectOf({ key, tenant, routingKey, input, applied, answer }: Effect): unknown {
  return { key, tenant, routingKey, input: parsed(input), applied, answer: answer?.name ?? null };
}

function inFlight(service: string, { envelope: { name, key, tenant, body } }: KnownMessage): MessageInFlight {
  return { service, name, key, tenant, data: parsed(body) };
}

const texts = new Map<string, unknown>();

/** Bodies recur in thousands of worlds. */
function parsed(body: string): unknown {
  if (texts.has(body)) return texts.get(body);
  const value = frozen(JSON.parse(body));
  if (texts.size < 100_000) texts.set(body, value);
  return value;
}

/** Views share what they show: a property that sorted an array in place would change all of them. */
function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
