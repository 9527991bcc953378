// The context that a handler is given: verbs that record, and access to the service's entities. One class per service with getters, so
// that a run pays only for what its handler takes out of it. It decides nothing: every verb goes to the recorder.
import type { NewMessage } from "../message/definition.ts";
import type { AnyEntity, TextAccess } from "./entity.ts";
import type { Operation } from "./port.ts";
import type { AnyService, When } from "./service.ts";
import type { AnyStatement } from "./sql.ts";
import type { CallProgress } from "../message/call.ts";

interface CallRequest { readonly key: string; readonly input: unknown; readonly deadlineMs?: number }

/** What the verbs do; the recorder is one. */
interface Verbs {
  readonly message: unknown;
  readonly settings: { readonly now: number; readonly settled: () => Promise<void>; readonly memory?: object };
  read(entity: AnyEntity, key: string): Promise<unknown>;
  readBody(entity: AnyEntity, key: string): string | null | Promise<string | null>;
  putBody(entity: AnyEntity, key: string, body: string): void;
  writtenBody(entity: AnyEntity, key: string): string | null;
  put(entity: AnyEntity, key: string, document: unknown): void;
  remove(entity: AnyEntity, key: string): void;
  emit(made: NewMessage): void;
  schedule(made: NewMessage, when: When): void;
  unschedule(name: string): void;
  call(operation: Operation, request: CallRequest, begun?: CallProgress): void;
  callUnrecorded(operation: Operation, request: CallRequest): number | null;
  revive(on: boolean): void;
  run(statement: AnyStatement, parameters: unknown): void;
  answer(answer: "reconcile" | "abandon"): void;
}

const VERBS = Symbol("verbs");

class HandlerContext {
  readonly [VERBS]: Verbs;

  constructor(verbs: Verbs) {
    this[VERBS] = verbs;
  }

  get message(): unknown { return this[VERBS].message; }
  get now(): number { return this[VERBS].settings.now; }
  get emit() { return (made: NewMessage): void => { this[VERBS].emit(made); }; }
  get schedule() { return (made: NewMessage, when: When): void => { this[VERBS].schedule(made, when); }; }
  get unschedule() { return (name: string): void => { this[VERBS].unschedule(name); }; }
  get call() {
    return (operation: Operation, request: CallRequest): void => { this[VERBS].call(operation, request); };
  }
  get run() { return (statement: AnyStatement, parameters: unknown): void => { this[VERBS].run(statement, parameters); }; }
  get reconcile() { return (): void => { this[VERBS].answer("reconcile"); }; }
  get abandon() { return (): void => { this[VERBS].answer("abandon"); }; }
}

/** What handlers of the platform's own may do beyond those of users. */
export interface PlatformVerbs {
  /** Resolves when every microtask that is ready has run: for running a user's function step by step. */
  settled(): Promise<void>;
  /** What is kept in this process beside the service's documents belongs to it; null: nothing may be kept. */
  readonly memory: object | null;
  /** A document's text as this handler run sees it, at once where it is at hand; null: there is none. */
  readBody(entity: AnyEntity, key: string): string | null | Promise<string | null>;
  /** The text of a document as this handler run has written it; null: it has not. */
  writtenBody(entity: AnyEntity, key: string): string | null;
  /** Requests a call whose row begins there: it was under way without one. */
  callBegun(operation: Operation, request: CallRequest, begun: CallProgress): void;
  /**
   * Requests a call that need have no row, since the key's documents tell of it: whoever requests one has the key revived (`revive`) until its
   * outcome is there. Returns the epoch of the ownership that it rests on, or null: it has a row like any other.
   */
  callUnrecorded(operation: Operation, request: CallRequest): number | null;
  /** Says whether the next owner of this message's key is to revive it: to send it `<service>.revive`. */
  revive(on: boolean): void;
}

export function platformVerbs(context: object): PlatformVerbs {
  if (!(context instanceof HandlerContext)) throw new TypeError("Only the context of a handler run has verbs of the platform.");
  return new Platform(context[VERBS]);
}

class Platform implements PlatformVerbs {
  readonly #verbs: Verbs;

  constructor(verbs: Verbs) {
    this.#verbs = verbs;
  }

  settled(): Promise<void> { return this.#verbs.settings.settled(); }
  get memory(): object | null { return this.#verbs.settings.memory ?? null; }
  readBody(entity: AnyEntity, key: string): string | null | Promise<string | null> { return this.#verbs.readBody(entity, key); }
  writtenBody(entity: AnyEntity, key: string): string | null { return this.#verbs.writtenBody(entity, key); }
  callBegun(operation: Operation, request: CallRequest, begun: CallProgress): void { this.#verbs.call(operation, request, begun); }
  callUnrecorded(operation: Operation, request: CallRequest): number | null { return this.#verbs.callUnrecorded(operation, request); }
  revive(on: boolean): void { this.#verbs.revive(on); }
}

class Access implements TextAccess<unknown> {
  readonly #verbs: Verbs;
  readonly #entity: AnyEntity;

  constructor(verbs: Verbs, entity: AnyEntity) {
    this.#verbs = verbs;
    this.#entity = entity;
  }

  get(key: string): Promise<unknown> { return this.#verbs.read(this.#entity, key); }
  put(key: string, document: unknown): void { this.#verbs.put(this.#entity, key, document); }
  putText(key: string, text: string): void { this.#verbs.putBody(this.#entity, key, text); }
  delete(key: string): void { this.#verbs.remove(this.#entity, key); }
}

const classes = new WeakMap<AnyService, typeof HandlerContext>();

/** The context of one run of one of the service's handlers. */
export function contextOf(service: AnyService, verbs: Verbs): object {
  let made = classes.get(service);
  if (made === undefined) {
    made = class extends HandlerContext {};
    for (const [binding, entity] of Object.entries(service.entities)) {
      Object.defineProperty(made.prototype, binding, {
        get(this: HandlerContext) { return new Access(this[VERBS], entity); },
      });
    }
    classes.set(service, made);
  }
  return new made(verbs);
}
