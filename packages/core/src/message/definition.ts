// Message definitions: `event` and `command`. A definition is a function that makes a message of its kind; it validates nothing
// until the message is published or emitted, and it touches nothing when it is defined.
import { EvenkeelError } from "../errors.ts";
import { checkOptionNames, type OptionNames } from "./option-names.ts";
import type { OutputOf, Schema, StorableSchema } from "./schema.ts";

type MessageKind = "event" | "command" | "outcome";

/** A message that was made but not yet published: the definition and its data. */
export interface NewMessage<Name extends string = string, Data = unknown> {
  /** The definition's name, here as well so that the compiler tells messages apart. */
  readonly name: Name;
  readonly definition: MessageDefinition<Name, Data>;
  readonly data: Data;
}

/** Turns data of one schema version into that of the next; pure. The key is the version it reads. */
export type Upcasts = Readonly<Record<number, (old: never) => unknown>>;

/** The part of a definition that the engine uses once types have done their work. */
export interface AnyMessageDefinition {
  readonly kind: MessageKind;
  readonly name: string;
  readonly version: number;
  readonly schema: Schema;
  readonly upcasts: Upcasts;
  readonly keyOf: (data: never) => string;
}

export interface MessageDefinition<Name extends string, Data> extends AnyMessageDefinition {
  (data: Data): NewMessage<Name, Data>;
  readonly name: Name;
  readonly keyOf: (data: Data) => string;
}

export type DataOf<Definition extends AnyMessageDefinition> = Parameters<Definition["keyOf"]>[0];

interface MessageOptions<S extends Schema> {
  /** The routing key: messages of one (tenant, key) are handled in the order they were committed. */
  readonly key: (data: OutputOf<S>) => string;
  /** Any Standard Schema whose input and output are the same JSON type. */
  readonly data: S & StorableSchema<S>;
  /** Schema version, default 1. Raise it when stored messages would not validate any more, and add an upcaster. */
  readonly version?: number;
  /** For every version below `version`: a pure function from its data to the next version's. */
  readonly upcasts?: Upcasts;
}

const NAME = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;

/**
 * Defines an event: a fact in the past tense that any number of services may handle. For a request that exactly one handler must
 * answer, use {@link command}.
 *
 * Guarantees: messages of one (tenant, key) are handled in the order in which they were committed; every service that handles the event
 * does so once. Does not: order messages of different keys, or validate anything before the message is published or emitted.
 *
 * Errors: `NAME_INVALID`, `CONFIG_INVALID`, `VERSION_INVALID`.
 *
 * @example
 * const OrderPlaced = event("order.placed", {
 *   key: (order) => order.orderId,
 *   data: z.object({ orderId: z.string(), pence: z.number().int() }),
 * });
 * OrderPlaced({ orderId: "o-1", pence: 250 }); // a message to publish or emit
 */
export function event<const Name extends string, S extends Schema>(
  name: Name, options: MessageOptions<S>,
): MessageDefinition<Name, OutputOf<S>> {
  return define("event", name, options);
}

/**
 * Defines a command: a request to exactly one handler in the whole application. For a fact that others may learn of, use {@link event},
 * whose guarantees and errors hold here too; `createApp` refuses a command with no handler, or with two.
 *
 * @example
 * const ShipOrder = command("ship-order", { key: (order) => order.orderId, data: z.object({ orderId: z.string() }) });
 * ShipOrder({ orderId: "o-1" }); // a message to publish or emit
 */
export function command<const Name extends string, S extends Schema>(
  name: Name, options: MessageOptions<S>,
): MessageDefinition<Name, OutputOf<S>> {
  return define("command", name, options);
}

interface PlainOptions<Data> {
  readonly key: (data: Data) => string;
  readonly data: Schema;
  readonly version?: number;
  readonly upcasts?: Upcasts;
}

/** A definition whose schema the platform wrote itself, so that nothing need be shown of it at compile time. */
export function define<const Name extends string, Data>(kind: MessageKind, name: Name, options: PlainOptions<Data>): MessageDefinition<Name, Data> {
  checkName(kind, name);
  checkMessageOptions(`The ${kind} '${name}'`, options);
  const version = options.version ?? 1;
  const upcasts = options.upcasts ?? {};
  checkVersions(name, version, upcasts);
  const make = (data: Data): NewMessage<Name, Data> => ({ name, definition, data });
  const definition: MessageDefinition<Name, Data> = Object.assign(
    Object.defineProperty(make, "name", { value: name }) as typeof make & { readonly name: Name },
    { kind, version, upcasts, schema: options.data, keyOf: options.key },
  );
  return definition;
}

const NAMES: OptionNames<PlainOptions<unknown>> = { key: true, data: true, version: true, upcasts: true };

function checkMessageOptions(what: string, options: { readonly key?: unknown; readonly data?: unknown }): void {
  checkOptionNames(what, options, NAMES);
  if (typeof options.key !== "function") refuse(what, "key", "no function `key`: give one that makes the routing key of a message's data");
  checkSchema(what, options.data);
}

/** Throws `CONFIG_INVALID` unless `data` is a Standard Schema. @param what begins the message: "The event 'order.placed'". */
export function checkSchema(what: string, data: unknown): void {
  const isSchema = ((typeof data === "object" && data !== null) || typeof data === "function") && "~standard" in data;
  if (!isSchema) refuse(what, "data", "no schema as its `data`: give a Standard Schema, such as one of zod");
}

function refuse(what: string, option: string, has: string): never {
  throw new EvenkeelError("CONFIG_INVALID", `${what} has ${has}.`, { details: { option } });
}

/** Throws `NAME_INVALID` unless the name is lower-case words joined by '.', '-' or '_', 100 characters at most. */
export function checkName(what: string, name: string): void {
  if (NAME.test(name) && name.length <= 100) return;
  const article = /^[aeiou]/.test(what) ? "an" : "a";
  throw new EvenkeelError(
    "NAME_INVALID",
    `'${name}' is not a valid name for ${article} ${what}: use lower-case words joined by '.', '-' or '_', such as 'order.placed', 100 characters at most.`,
    { details: { what, name } },
  );
}

function checkVersions(name: string, version: number, upcasts: Upcasts): void {
  const wanted = Number.isSafeInteger(version) && version >= 1 ? Array.from({ length: version - 1 }, (_, index) => index + 1) : null;
  const given = Object.keys(upcasts).map(Number).sort((a, b) => a - b);
  if (wanted !== null && wanted.length === given.length && wanted.every((one, index) => one === given[index])) return;
  throw new EvenkeelError(
    "VERSION_INVALID",
    `'${name}' has version ${String(version)} and upcasters from [${given.join(", ")}]: give one upcaster from each version 1 to ${String(version - 1)}.`,
    { details: { name, version, upcasts: given } },
  );
}
