// What a run acts on: the context of the message that wakes it now. A run that stays in memory between two messages is given the next one's.
import type { PlatformVerbs } from "../decide/context.ts";
import type { TextAccess } from "../decide/entity.ts";
import type { Operation } from "../decide/port.ts";
import type { When } from "../decide/service.ts";
import type { AnyStatement } from "../decide/sql.ts";
import type { CallProgress } from "../message/call.ts";
import type { NewMessage } from "../message/definition.ts";
import type { Envelope } from "../message/envelope.ts";
import type { CallRequest, Handling } from "./handling.ts";
import type { AnyRun } from "./journal.ts";

export class Surroundings implements Handling {
  #context: Handling;
  #platform: PlatformVerbs;

  constructor(context: Handling, platform: PlatformVerbs) {
    this.#context = context;
    this.#platform = platform;
  }

  become(context: Handling, platform: PlatformVerbs): void {
    this.#context = context;
    this.#platform = platform;
  }

  get message(): Envelope { return this.#context.message; }
  get now(): number { return this.#context.now; }
  get runs(): TextAccess<AnyRun> { return this.#context.runs; }
  emit(made: NewMessage): void { this.#context.emit(made); }
  schedule(made: NewMessage, when: When): void { this.#context.schedule(made, when); }
  unschedule(name: string): void { this.#context.unschedule(name); }
  call(operation: Operation, request: CallRequest): void { this.#context.call(operation, request); }
  run(statement: AnyStatement, parameters: unknown): void { this.#context.run(statement, parameters); }
  reconcile(): void { this.#context.reconcile(); }

  settled(): Promise<void> { return this.#platform.settled(); }
  callBegun(operation: Operation, request: CallRequest, begun: CallProgress): void { this.#platform.callBegun(operation, request, begun); }
  callUnrecorded(operation: Operation, request: CallRequest): number | null { return this.#platform.callUnrecorded(operation, request); }
  revive(on: boolean): void { this.#platform.revive(on); }
}
