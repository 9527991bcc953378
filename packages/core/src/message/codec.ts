// The codec: data into envelopes and back. It validates on both ways, upcasts old versions, and refuses what JSON cannot carry.
import { EvenkeelError } from "../errors.ts";
import type { AnyMessageDefinition } from "./definition.ts";
import { isEncodedWith, markEncoded } from "./encoded.ts";
import { MAX_KEY_LENGTH, type Envelope } from "./envelope.ts";
import { partitionOf } from "./hash.ts";
import { canonicalJson, validate, type Schema } from "./schema.ts";

export interface BodyLimits {
  /** The largest body in UTF-16 code units of JSON. */
  readonly maxBodyLength: number;
  /** Called with a body above a quarter of the cap. */
  readonly onLargeBody: (what: string, length: number) => void;
}

/** Where a message comes from; what differs between the door and a handler. */
interface Origin {
  readonly id: string;
  readonly tenant: string;
  readonly causationId: string | null;
  readonly correlationId: string;
  readonly trace: string | null;
  readonly occurredAt: number;
}

/** Schemas whose output was seen to survive its own validation; each is checked once per process. */
const proven = new WeakSet<Schema>();

/**
 * Validates data and returns its JSON text. Throws `DATA_INVALID`, `DATA_NOT_JSON`, `DATA_TOO_LARGE`, `SCHEMA_ASYNC` or `SCHEMA_TRANSFORMS`.
 */
export function encodeBody(schema: Schema, data: unknown, what: string, limits: BodyLimits): { readonly body: string; readonly value: unknown } {
  const value = validate(schema, data, what);
  const body = toJson(value, what);
  if (!proven.has(schema)) proveStable(schema, body, what);
  checkLength(body, what, limits);
  return { body, value };
}

/** Checks JSON text that was made elsewhere. Throws `DATA_NOT_JSON` or `DATA_TOO_LARGE`. */
export function checkText(body: string, what: string, limits: BodyLimits): void {
  checkStorable(body, what);
  checkLength(body, what, limits);
}

function checkLength(body: string, what: string, limits: BodyLimits): void {
  if (body.length > limits.maxBodyLength) {
    throw new EvenkeelError(
      "DATA_TOO_LARGE",
      `The data of ${what} has ${String(body.length)} characters of JSON, more than the cap of ${String(limits.maxBodyLength)}: store large content elsewhere and send a reference.`,
      { details: { what, length: body.length, cap: limits.maxBodyLength } },
    );
  }
  if (body.length > limits.maxBodyLength / 4) limits.onLargeBody(what, body.length);
}

function toJson(value: unknown, what: string): string {
  // The library types promise a string; undefined and functions give none.
  let body: unknown;
  try {
    body = JSON.stringify(value);
  } catch (cause) {
    throw notJson(what, cause);
  }
  if (typeof body !== "string") throw notJson(what, undefined);
  checkStorable(body, what);
  return body;
}

/** PostgreSQL cannot store U+0000 inside text; JSON carries it as an escape that later casts would refuse. */
function checkStorable(body: string, what: string): void {
  if (!body.includes("\\u0000")) return;
  throw new EvenkeelError("DATA_NOT_JSON", `The data of ${what} holds the character U+0000, which the database cannot store: remove it.`, { details: { what } });
}

function notJson(what: string, cause: unknown): EvenkeelError {
  return new EvenkeelError(
    "DATA_NOT_JSON",
    `The data of ${what} cannot be written as JSON: use strings, numbers, booleans, null, arrays and plain objects only.`,
    { details: { what }, cause },
  );
}

/** Types refuse most transforming schemas; this finds those whose input and output types agree but whose values do not. */
function proveStable(schema: Schema, body: string, what: string): void {
  const again = toJson(validate(schema, JSON.parse(body), what), what);
  if (canonicalJson(JSON.parse(again)) !== canonicalJson(JSON.parse(body))) {
    throw new EvenkeelError(
      "SCHEMA_TRANSFORMS",
      `The schema of ${what} changes its own output when it validates it again: stored data would change on every read. Remove the transform.`,
      { details: { what } },
    );
  }
  proven.add(schema);
}

/** Half of a surrogate pair: it does not survive the way to the database and back. */
const UNPAIRED = /[\ud800-\udfff]/u;

/** Validates a key, or throws `KEY_INVALID`. */
export function checkKey(key: unknown, what: string): string {
  if (typeof key === "string" && key.length > 0 && key.length <= MAX_KEY_LENGTH && !key.includes("\u0000") && !UNPAIRED.test(key)) return key;
  const shown = typeof key === "string" && key.length > 40 ? `${key.slice(0, 40)}… (${String(key.length)} characters)` : JSON.stringify(key);
  throw new EvenkeelError(
    "KEY_INVALID",
    `${what} has the key ${shown}: a key is a string of 1 to ${String(MAX_KEY_LENGTH)} characters without U+0000 or unpaired surrogates.`,
    { details: { what } },
  );
}

/** Builds the envelope of a new message. */
export function encode(definition: AnyMessageDefinition, data: unknown, origin: Origin, partitions: number, limits: BodyLimits): Envelope {
  const { body, value } = encodeBody(definition.schema, data, definition.name, limits);
  const key = checkKey(definition.keyOf(value as never), `Message '${definition.name}'`);
  const envelope: Envelope = {
    id: origin.id,
    name: definition.name,
    version: definition.version,
    tenant: origin.tenant,
    key,
    partition: partitionOf(origin.tenant, key, partitions),
    body,
    causationId: origin.causationId,
    correlationId: origin.correlationId,
    trace: origin.trace,
    occurredAt: origin.occurredAt,
  };
  // A number that JSON has none of passes some schemas, and comes back as null.
  if (!body.includes("null")) markEncoded(envelope, definition);
  return envelope;
}

/** The data of a stored message in the present version, valid: as it is where this process has encoded it. Throws `UPCAST_FAILED` or `DATA_INVALID`. */
export function decode(definition: AnyMessageDefinition, envelope: Envelope): unknown {
  let data: unknown = JSON.parse(envelope.body);
  if (isEncodedWith(envelope, definition)) return data;
  if (envelope.version > definition.version) {
    throw new EvenkeelError(
      "MESSAGE_TOO_NEW",
      `Message ${envelope.id} ('${envelope.name}') has version ${String(envelope.version)}, newer than this process knows (${String(definition.version)}): upgrade this worker.`,
      { details: { id: envelope.id, name: envelope.name, version: envelope.version } },
    );
  }
  for (let version = envelope.version; version < definition.version; version++) {
    const upcast = definition.upcasts[version];
    try {
      if (upcast === undefined) throw new Error("no upcaster");
      data = upcast(data as never);
    } catch (cause) {
      throw new EvenkeelError(
        "UPCAST_FAILED",
        `Message ${envelope.id} ('${envelope.name}') could not be upcast from version ${String(version)}: correct the upcaster and redrive the dead letter.`,
        { details: { id: envelope.id, name: envelope.name, version }, cause },
      );
    }
  }
  return validate(definition.schema, data, definition.name);
}
