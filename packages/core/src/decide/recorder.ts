// The recorder: one handler run. It records what the handler decides as `Changes` and lets nothing act. After the
// handler has settled it refuses everything, so a forgotten `await` cannot change what was decided.
import { EvenkeelError } from "../errors.ts";
import type { CallAnswer, CallProgress, NewCall } from "../message/call.ts";
import type { Changes, DocumentRef, NewTimer, RecordedDocument, RevivalChange, SqlRun, TimerRef } from "../message/changes.ts";
import { checkKey, checkText, encode, encodeBody, type BodyLimits } from "../message/codec.ts";
import type { NewMessage } from "../message/definition.ts";
import type { Envelope } from "../message/envelope.ts";
import { derivedId } from "../message/hash.ts";
import { validate } from "../message/schema.ts";
import { ABSENT, documentId, valueOf, type DocumentState } from "./documents.ts";
import { contextOf } from "./context.ts";
import type { AnyEntity } from "./entity.ts";
import type { Newness } from "./newness.ts";
import { DEFAULT_DEADLINE_MS, MAX_DELAY_MS } from "./operation-spec.ts";
import { PendingRead } from "./pending-read.ts";
import type { Operation } from "./port.ts";
import type { ReadLog, ReadWatch } from "./read-watch.ts";
import type { AnyService, When } from "./service.ts";
import type { AnyStatement } from "./sql.ts";

/**
 * How a run reads documents: at once when they are at hand, else they are answered later. One that is `presumedNew` and not at hand may be answered
 * with `ABSENT`, without asking.
 */
export interface DocumentReader {
  read(ref: DocumentRef, id: string, presumedNew: boolean): DocumentState | PendingRead;
}

export interface RunSettings {
  readonly partitions: number;
  readonly limits: BodyLimits;
  readonly now: number;
  /** Resolves when every microtask that is ready has run. */
  readonly settled: () => Promise<void>;
  /**
   * The epoch in which this process owns a partition, where calls of its keys may go without a row now; null: they may not. Default: they never
   * may.
   */
  readonly unrecorded?: (partition: number) => number | null;
  /** What handlers of the platform's own keep in this process for the service belongs to it. Default: they keep nothing. */
  readonly memory?: object;
  /** Presumes documents to be absent that mostly are. Default: none is presumed to be. */
  readonly newness?: Newness;
  /** Counts what runs read; absent: nobody does. */
  readonly reads?: ReadWatch;
}

interface CallRequest { readonly key: string; readonly input: unknown; readonly deadlineMs?: number }

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A document that the run has read or written, as it will be told of, and what was read. */
interface Touched { readonly document: Mutable<RecordedDocument>; read: DocumentState | null }

const KEEP: RecordedDocument["write"] = { kind: "keep" };
const NO_CHANGES: Changes = { documents: [], messages: [], calls: [], answers: [], timers: [], cancelledTimers: [], sql: [] };

export class Recorder {
  /** What the handler is given. */
  readonly context: object;
  readonly #service: AnyService;
  readonly message: Envelope;
  readonly settings: RunSettings;
  readonly #reader: DocumentReader;
  readonly #cause: string;
  // Made when first needed: most handlers record one or two kinds of change.
  #documents: RecordedDocument[] | null = null;
  /** The same by entity and key: a handler has few entities, and whoever writes a key has mostly read it. */
  #touched: { readonly entity: AnyEntity; readonly keys: Map<string, Touched> }[] | null = null;
  #messages: Envelope[] | null = null;
  #calls: NewCall[] | null = null;
  #unrecorded: NewCall[] | null = null;
  #revival: boolean | null = null;
  #timers: NewTimer[] | null = null;
  #cancelled: TimerRef[] | null = null;
  #sql: SqlRun[] | null = null;
  #answer: CallAnswer["answer"] | null = null;
  #ordinal = 0;
  #finished = false;
  #reads: ReadLog | null;
  /** Reads under way: a handler that waits for one is not stalled. */
  reading = 0;

  /** @param cause the message that what the run sends names as its cause: itself, where it stands in the log. */
  constructor(service: AnyService, message: Envelope, reader: DocumentReader, settings: RunSettings, cause: string = message.id) {
    this.#cause = cause;
    this.#service = service;
    this.message = message;
    this.#reader = reader;
    this.settings = settings;
    this.#reads = settings.reads?.begin(message) ?? null;
    this.context = contextOf(service, this);
  }

  /** Ends the run and returns what was decided. */
  finish(callId: string | null): Changes {
    this.#finished = true;
    this.#reads?.end();
    if (this.#isEmpty()) return NO_CHANGES;
    return {
      documents: this.#documents ?? [],
      messages: this.#messages ?? [],
      calls: this.#calls ?? [],
      answers: this.#answer === null || callId === null ? [] : [{ callId, answer: this.#answer }],
      timers: this.#timers ?? [],
      cancelledTimers: this.#cancelled ?? [],
      sql: this.#sql ?? [],
      ...(this.#unrecorded === null ? {} : { unrecorded: this.#unrecorded }),
      ...(this.#revival === null ? {} : { revivals: [this.#revivalOf(this.#revival)] }),
    };
  }

  #revivalOf(on: boolean): RevivalChange {
    const { partition, tenant, key } = this.message;
    return { partition, tenant, key, on };
  }

  #isEmpty(): boolean {
    return this.#documents === null && this.#messages === null && this.#calls === null && this.#timers === null && this.#cancelled === null
      && this.#sql === null && this.#answer === null && this.#unrecorded === null && this.#revival === null;
  }

  /** Ends the run without a result. */
  discard(): void {
    this.#finished = true;
    this.#reads?.end();
  }

  #open(): void {
    if (!this.#finished) return;
    throw new EvenkeelError(
      "HANDLER_FINISHED",
      `The handler of message ${this.message.id} ('${this.message.name}') in service '${this.#service.name}' used its context after it had settled: await everything it starts.`,
    );
  }

  /** Reads a document as this run sees it. */
  read(entity: AnyEntity, key: string): Promise<unknown> {
    try {
      return Promise.resolve(this.#readAs(entity, key, valueOf, (body): unknown => body === null ? undefined : JSON.parse(body)));
    } catch (error) {
      // A handler is given a promise in every case.
      return handled(Promise.reject(error instanceof Error ? error : new Error(String(error))));
    }
  }

  /** The same as JSON text, at once where it is at hand; null: there is none. */
  readBody(entity: AnyEntity, key: string): string | null | Promise<string | null> {
    return this.#readAs(entity, key, ({ body }) => body, (body) => body);
  }

  /** What this run has written there. */
  writtenBody(entity: AnyEntity, key: string): string | null {
    const write = this.#find(entity, key)?.document.write;
    return write?.kind === "put" ? write.body : null;
  }

  #readAs<T>(entity: AnyEntity, key: string, asRead: (state: DocumentState) => T, asWritten: (body: string | null) => T): T | Promise<T> {
    this.#open();
    const touched = this.#find(entity, key);
    if (touched !== undefined) {
      const { document: { write }, read } = touched;
      if (write.kind !== "keep") return asWritten(write.kind === "put" ? write.body : null);
      if (read !== null) return asRead(read);
    }
    const ref = this.#refOf(entity, key);
    (this.#reads ??= this.settings.reads?.firstRead(this.message) ?? null)?.document(entity.name);
    const state = this.#reader.read(ref, ref.id, this.settings.newness?.presumes(this.message.name, entity.name) ?? false);
    return state instanceof PendingRead ? this.#readLater(entity, ref, state, asRead) : asRead(this.#wasRead(entity, ref, state));
  }

  #readLater<T>(entity: AnyEntity, ref: RecordedDocument, pending: PendingRead, asRead: (state: DocumentState) => T): Promise<T> {
    this.reading++;
    const promise = new Promise<T>((resolve, reject) => {
      pending.for((state, error) => {
        this.reading--;
        try {
          if (state === null) throw error;
          this.#open();
          resolve(asRead(this.#wasRead(entity, ref, state)));
        } catch (reason) {
          void handled(promise);
          reject(reason instanceof Error ? reason : new Error(String(reason)));
        }
      });
    });
    return promise;
  }

  /** A write begun while the read was under way stays; the read's version still guards it. */
  #wasRead(entity: AnyEntity, ref: Mutable<RecordedDocument>, state: DocumentState): DocumentState {
    const touched = this.#find(entity, ref.key) ?? this.#touch(entity, ref);
    touched.read = state;
    touched.document.version = state.version;
    if (state !== ABSENT) this.settings.newness?.found(this.message.name, entity.name, state.version === 0);
    return state;
  }

  put(entity: AnyEntity, key: string, document: unknown): void {
    this.#write(entity, key, { kind: "put", body: encodeBody(entity.schema, document, `entity ${entity.name}`, this.settings.limits).body });
  }

  putBody(entity: AnyEntity, key: string, body: string): void {
    checkText(body, `entity ${entity.name}`, this.settings.limits);
    this.#write(entity, key, { kind: "put", body });
  }

  remove(entity: AnyEntity, key: string): void {
    this.#write(entity, key, { kind: "delete" });
  }

  #write(entity: AnyEntity, key: string, change: RecordedDocument["write"]): void {
    this.#open();
    const touched = this.#find(entity, key) ?? this.#touch(entity, this.#refOf(entity, key));
    touched.document.write = change;
  }

  #find(entity: AnyEntity, key: string): Touched | undefined {
    for (const of of this.#touched ?? []) if (of.entity === entity) return of.keys.get(key);
    return undefined;
  }

  #touch(entity: AnyEntity, document: Mutable<RecordedDocument>): Touched {
    const touched: Touched = { document, read: null };
    this.#documents ??= [];
    this.#documents.push(document);
    this.#touched ??= [];
    const known = this.#touched.find((one) => one.entity === entity);
    if (known !== undefined) known.keys.set(document.key, touched);
    else this.#touched.push({ entity, keys: new Map<string, Touched>().set(document.key, touched) });
    return touched;
  }

  /** A document that was not touched yet. */
  #refOf(entity: AnyEntity, key: string): Mutable<RecordedDocument> {
    const { tenant } = this.message;
    const { name } = entity;
    return { id: documentId(name, tenant, key), entity: name, tenant, key: checkKey(key, `Entity '${name}'`), version: null, write: KEEP };
  }

  emit(made: NewMessage): void {
    const message = this.#encode(made);
    this.#messages ??= [];
    this.#messages.push(message);
  }

  answer(answer: CallAnswer["answer"]): void {
    this.#open();
    this.#answer = answer;
  }

  #encode(made: NewMessage): Envelope {
    this.#open();
    const { definition } = made;
    if (!this.#service.emits.includes(definition)) {
      throw new EvenkeelError(
        "MESSAGE_NOT_DECLARED",
        `Service '${this.#service.name}' emitted '${definition.name}', which it does not declare: add the definition to its \`emits\`.`,
        { details: { service: this.#service.name, name: definition.name } },
      );
    }
    return encode(definition, made.data, {
      id: derivedId(`${this.message.id}\u0000${this.#service.name}\u0000${String(this.#ordinal++)}`),
      tenant: this.message.tenant,
      causationId: this.#cause,
      correlationId: this.message.correlationId,
      trace: this.message.trace,
      occurredAt: this.settings.now,
    }, this.settings.partitions, this.settings.limits);
  }

  schedule(made: NewMessage, when: When): void {
    const message = this.#encode(made);
    const name = when.name ?? message.id;
    this.#timers ??= [];
    this.#timers.push({ name, group: this.#service.name, routingKey: this.message.key, message, when: parseWhen(when, definitionName(made)) });
  }

  unschedule(name: string): void {
    this.#open();
    this.#timers = this.#timers?.filter((timer) => timer.name !== name) ?? null;
    this.#cancelled ??= [];
    this.#cancelled.push({ group: this.#service.name, tenant: this.message.tenant, routingKey: this.message.key, name });
  }

  call(operation: Operation, request: CallRequest, begun?: CallProgress): void {
    const call = this.#newCall(operation, request);
    this.#calls ??= [];
    this.#calls.push(begun === undefined ? call : { ...call, begun });
  }

  /** Requests a call without a row, where that may be; returns the epoch of the ownership that it rests on, or null: it has a row. */
  callUnrecorded(operation: Operation, request: CallRequest): number | null {
    const epoch = this.settings.unrecorded?.(this.message.partition) ?? null;
    if (epoch === null) {
      this.call(operation, request);
      return null;
    }
    const call = this.#newCall(operation, request);
    this.#unrecorded ??= [];
    this.#unrecorded.push(call);
    return epoch;
  }

  revive(on: boolean): void {
    this.#open();
    this.#revival = on;
  }

  #newCall(operation: Operation, request: CallRequest): NewCall {
    this.#open();
    const callKey = checkKey(request.key, `Call '${operation.name}'`);
    const deadlineMs = request.deadlineMs ?? operation.spec.deadlineMs ?? DEFAULT_DEADLINE_MS;
    parseWhen({ afterMs: deadlineMs }, `call ${operation.name}`);
    const { body } = encodeBody(operation.spec.input, request.input, `call ${operation.name}`, this.settings.limits);
    return {
      id: derivedId(`${this.message.id}\u0000${this.#service.name}\u0000call\u0000${String(this.#ordinal++)}`),
      tenant: this.message.tenant,
      routingKey: this.message.key,
      partition: this.message.partition,
      operation: operation.name,
      callKey,
      input: body,
      causationId: this.#cause,
      correlationId: this.message.correlationId,
      trace: this.message.trace,
      deadlineMs,
    };
  }

  run(statement: AnyStatement, parameters: unknown): void {
    this.#open();
    const valid = validate(statement.schema, parameters, `statement ${statement.name}`);
    const values = statement.values(valid as never).map((value) => (value === null ? null : String(value)));
    (this.#reads ??= this.settings.reads?.firstRead(this.message) ?? null)?.statement(statement.name, statement.text);
    this.#sql ??= [];
    this.#sql.push({ name: statement.name, text: statement.text, values, rows: statement.rows });
  }
}

/** A read that fails while its handler waits for another one must not end the process for want of a catcher. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function definitionName(made: NewMessage): string {
  return `message ${made.definition.name}`;
}

/** Checks a delay or point in time, or throws `TIME_INVALID`. */
export function parseWhen(when: { readonly afterMs: number } | { readonly at: Date }, what: string): NewTimer["when"] {
  if ("at" in when) {
    const at = when.at.getTime();
    if (Number.isFinite(at)) return { kind: "at", at };
  } else if (Number.isFinite(when.afterMs) && when.afterMs >= 0 && when.afterMs <= MAX_DELAY_MS) {
    return { kind: "after", delayMs: Math.round(when.afterMs) };
  }
  throw new EvenkeelError(
    "TIME_INVALID",
    `The time of ${what} is not valid: give \`afterMs\` from 0 to ${String(MAX_DELAY_MS)}, or \`at\` as a valid Date.`,
    { details: { what } },
  );
}
