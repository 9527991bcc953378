// A workflow as its runs need it: what `workflow` was given, without its types.
import type { Operation } from "../decide/port.ts";
import type { MessageDefinition, NewMessage } from "../message/definition.ts";
import type { Schema } from "../message/schema.ts";
import type { Due, Ended } from "./messages.ts";

export interface Definition {
  readonly name: string;
  /** What runs begin with that begin now. */
  readonly version: number;
  readonly input: Schema;
  readonly versions: ReadonlyMap<number, (input: never, w: never) => Promise<unknown>>;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Names of the messages that reach its runs. */
  readonly waitsFor: ReadonlySet<string>;
  /** Of steps and undos that must succeed. */
  readonly maxAttempts: number;
  /** Messages that a run keeps for a wait to come. */
  readonly maxBuffered: number;
  readonly due: MessageDefinition<string, Due>;
  /** What its runs tell at their end, if they do. */
  readonly ended: ((data: Ended<unknown>) => NewMessage) | null;
}
