// What the verbs of a workflow are given beyond what a journal keeps of it: how a step is tried again and undone. Types alone.
import type { Operation } from "../decide/port.ts";
import type { AnyMessageDefinition, NewMessage } from "../message/definition.ts";
import type { Duration } from "./duration.ts";

/** What the engine must know of a step beyond its journal, to try it again and to undo it. */
export interface StepCall {
  readonly operation: Operation;
  readonly input: unknown;
  readonly deadlineMs: number | undefined;
  readonly undo: { readonly operation: Operation; readonly inputOf: (value: unknown) => unknown } | null;
}

/** How what was asked for is undone. */
export interface UndoAsk {
  readonly send: NewMessage;
  readonly names: readonly string[];
  readonly unless: ReadonlySet<string>;
  readonly withinMs: number;
}

export interface AskOptions {
  readonly answers: readonly AnyMessageDefinition[];
  readonly within?: Duration;
  readonly undo?: {
    readonly send: NewMessage;
    readonly answers: readonly AnyMessageDefinition[];
    readonly unless?: readonly AnyMessageDefinition[];
    readonly within?: Duration;
  };
}

export interface Undo { readonly undo?: Operation; readonly undoInput?: (value: unknown) => unknown }
