// The world as invariants see it: documents by service and entity, what the provider did, what is under way. Everything is made when it is
// asked for, once per world, and documents once per body. It changes nothing.
import { NOTHING, type World } from "./cell.ts";
import type { Cells, DocumentCell } from "./cells.ts";
import type { Effect, KnownMessage } from "./contents.ts";
import type { System } from "./definitions.ts";
import type { CallInFlight, MessageInFlight, ParkedMessage } from "./system-definition.ts";

class WorldView {
  readonly #world: World;
  readonly #cells: Cells;
  readonly #system: System;
  readonly #isAtRest: (world: World) => boolean;
  readonly #made = new Map<string, unknown>();

  constructor(world: World, cells: Cells, system: System, isAtRest: (world: World) => boolean) {
    this.#world = world;
    this.#cells = cells;
    this.#system = system;
    this.#isAtRest = isAtRest;
  }

  documents(entity: string): readonly unknown[] {
    return this.#once(`documents ${entity}`, () => {
      const found: unknown[] = [];
      for (const cell of this.#cells.documentsOf.get(entity) ?? []) {
        const number = this.#world.numbers[cell.index] ?? NOTHING;
        if (number !== NOTHING) found.push(keptOf(cell, number));
      }
      return found;
    });
  }

  get provider(): Readonly<Record<string, readonly unknown[]>> {
    return this.#once("provider", () => {
      const found: Record<string, unknown[]> = Object.fromEntries([...this.#system.operations.keys()].map((name) => [name, []]));
      for (const cell of this.#cells.effects) {
        const effect = cell.in(this.#world);
        if (effect !== undefined) found[effect.operation]?.push(effectOf(effect));
      }
      return found;
    });
  }

  get observed(): Readonly<Record<string, readonly unknown[]>> {
    return this.#once("observed", () => {
      const found: Record<string, unknown[]> = Object.fromEntries([...this.#system.observed].map((name) => [name, []]));
      for (const cell of this.#cells.observed) {
        const one = cell.in(this.#world);
        if (one === undefined) continue;
        const { name, key, tenant, body } = one.message.envelope;
        found[name]?.push({ key, tenant, data: parsed(body), times: one.times });
      }
      return found;
    });
  }

  get messages(): readonly MessageInFlight[] {
    return this.#once("messages", () => this.#cells.queues.flatMap((cell) =>
      (cell.in(this.#world)?.messages ?? []).map((message) => inFlight(this.#nameOf(cell.group), message))));
  }

  get parked(): readonly ParkedMessage[] {
    return this.#once("parked", () => this.#cells.queues.flatMap((cell): ParkedMessage[] => {
      const { messages: [head, ...behind] = [], parked = null } = cell.in(this.#world) ?? {};
      if (head === undefined || parked === null) return [];
      const { attempts, code, reason, isDead } = parked;
      return [{ ...inFlight(this.#nameOf(cell.group), head), state: isDead ? "dead" : "waiting", attempts, code, reason, behind: behind.length }];
    }));
  }

  get deadLetters(): readonly ParkedMessage[] {
    return this.#once("deadLetters", () => this.parked.filter((one) => one.state === "dead"));
  }

  get calls(): readonly CallInFlight[] {
    return this.#once("calls", () => this.#cells.lines.flatMap((line) => (line.in(this.#world) ?? []).map(({ call, state }): CallInFlight => ({
      service: this.#nameOf(line.group), operation: call.operation, key: call.callKey, tenant: call.tenant, routingKey: call.routingKey,
      state, input: parsed(call.input),
    }))));
  }

  get isQuiet(): boolean {
    return this.#once("isQuiet", () => this.#isAtRest(this.#world));
  }

  #nameOf(group: number): string {
    return this.#system.groups[group]?.name ?? "";
  }

  #once<Value>(what: string, make: () => Value): Value {
    // What is kept under a name was made by the one caller that uses this name.
    if (!this.#made.has(what)) this.#made.set(what, Object.freeze(make()));
    return this.#made.get(what) as Value;
  }
}

/** The names of facts: no service may be called so. */
export const FACTS = ["provider", "observed", "messages", "parked", "deadLetters", "calls", "isQuiet"] as const;

const VIEW = Symbol("view");

class Viewed {
  readonly [VIEW]: WorldView;

  constructor(view: WorldView) {
    this[VIEW] = view;
  }
}

interface Seen { readonly world: World; readonly view: object }

/** A way from worlds to their views. The last two are kept: properties ask about the same world one after the other, steps about two. */
export function viewer(
  cells: Cells, system: System, isAtRest: (world: World) => boolean,
): (world: World) => object {
  const Shown = class extends Viewed {};
  for (const { name, definitions } of system.groups) {
    const Documents = class extends Viewed {};
    for (const [binding, entity] of definitions.flatMap(({ service }) => Object.entries(service.entities))) {
      Object.defineProperty(Documents.prototype, binding, { configurable: true, get(this: Viewed) { return this[VIEW].documents(entity.name); } });
    }
    Object.defineProperty(Shown.prototype, name, { get(this: Viewed) { return new Documents(this[VIEW]); } });
  }
  for (const fact of FACTS) Object.defineProperty(Shown.prototype, fact, { get(this: Viewed) { return this[VIEW][fact]; } });
  let last: Seen | null = null;
  let before: Seen | null = null;
  return (world) => {
    if (last?.world === world) return last.view;
    if (before?.world === world) return before.view;
    before = last;
    last = { world, view: new Shown(new WorldView(world, cells, system, isAtRest)) };
    return last.view;
  };
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

function effectOf({ key, tenant, input, applied, answer }: Effect): unknown {
  return { key, tenant, input: parsed(input), applied, answer: answer?.name ?? null };
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
