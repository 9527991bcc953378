// A workflow as its runs need it: what `workflow` was given, without its types.
import { EvenkeelError } from "../errors.ts";
import type { Operation } from "../decide/port.ts";
import type { MessageDefinition, NewMessage } from "../message/definition.ts";
import type { Schema } from "../message/schema.ts";
import type { KeyMessages } from "./awaited-key-messages.ts";
import type { AnyRun } from "./journal.ts";
import type { Due, Ended } from "./messages.ts";

/** What the types of a workflow say of these is known where it was defined, and nowhere else: the notation of methods lets each stand for all. */
interface Erased {
  body(input: unknown, w: unknown): Promise<unknown>;
  ended(data: Ended<unknown>): NewMessage;
}

/** The function of a version. */
export type Body = Erased["body"];

export interface Definition {
  readonly name: string;
  /** What runs begin with that begin now. */
  readonly version: number;
  readonly input: Schema;
  readonly versions: ReadonlyMap<number, Body>;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Names of the messages that reach its runs, by their id. */
  readonly waitsFor: ReadonlySet<string>;
  /** Names of those that reach them by another key. */
  readonly waitsForByKey: ReadonlySet<string>;
  /** How they do; null: there are none. */
  readonly keyMessages: KeyMessages | null;
  /** Of steps and undos that must succeed. */
  readonly maxAttempts: number;
  /** Messages that a run keeps for a wait to come. */
  readonly maxBuffered: number;
  readonly due: MessageDefinition<string, Due>;
  /** What its runs tell at their end, if they do. */
  readonly ended: Erased["ended"] | null;
}

/** The function of the version that the run began with. */
export function bodyOf(definition: Definition, id: string, { version }: AnyRun): Body {
  const body = definition.versions.get(version);
  if (body !== undefined) return body;
  throw new EvenkeelError(
    "WORKFLOW_VERSION_UNKNOWN",
    `Run '${id}' of workflow '${definition.name}' began with version ${String(version)}, which this process does not have: keep that version in \`previous\`.`,
    { details: { workflow: definition.name, run: id, version } },
  );
}
