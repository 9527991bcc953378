// What the handlers of a workflow use of the context that every handler is given.
import type { TextAccess } from "../decide/entity.ts";
import type { Operation } from "../decide/port.ts";
import type { When } from "../decide/service.ts";
import type { AnyStatement } from "../decide/sql.ts";
import type { NewMessage } from "../message/definition.ts";
import type { Envelope } from "../message/envelope.ts";
import type { AnyRun } from "./journal.ts";

export interface CallRequest { readonly key: string; readonly input: unknown; readonly deadlineMs?: number }

export interface Handling {
  readonly message: Envelope;
  readonly now: number;
  readonly runs: TextAccess<AnyRun>;
  emit(made: NewMessage): void;
  schedule(made: NewMessage, when: When): void;
  unschedule(name: string): void;
  call(operation: Operation, request: CallRequest): void;
  run(statement: AnyStatement, parameters: unknown): void;
  reconcile(): void;
}
