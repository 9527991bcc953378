// The shape of one command: what it is called, takes and does. No command lives here.
import type { Arguments, OptionSpecs } from "./arguments.ts";

/** Where a command's words go: what was asked for, and what is said about it. */
export interface Surroundings {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Standard input, for the commands that read `-`. */
  readonly input?: () => AsyncIterable<Uint8Array | string>;
}

export interface Invocation {
  readonly given: Arguments;
  readonly around: Surroundings;
  /** Whether `--json` was given: then the one thing on `out` is JSON. */
  readonly json: boolean;
}

export interface Command {
  /** One word, or two: "dead-letters list". */
  readonly name: string;
  readonly summary: string;
  /** What stands after the name, in brackets where it may be left out; "" when there is nothing. */
  readonly positional: string;
  readonly options: OptionSpecs;
  /** Paragraphs of the help. */
  readonly details: readonly string[];
  readonly examples: readonly string[];
  /** Resolves to the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** Prints one result: as JSON, or as text for people. */
export function show({ json, around }: Invocation, value: unknown, text: string): void {
  around.out(json ? `${JSON.stringify(value, null, 2)}\n` : text);
}
