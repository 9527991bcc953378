// What the thread that decides and the threads that expand say to each other. Types only.
import type { Identity } from "../identity.ts";
import type { Settings } from "../options.ts";

/** Where threads find what is explored: they cannot be handed functions. */
export interface SubjectSource {
  /** URL of the module. */
  readonly module: string;
  readonly export: string;
  /** Where the export is a function: what it is called with. */
  readonly arguments?: readonly unknown[];
  /** Where the export is an array: which of its elements. */
  readonly index?: number;
}

/** What a thread is started with. */
export interface ThreadData {
  readonly evenkeelCrew: true;
  /** URL of thread.ts, or of what was built of it. */
  readonly entry: string;
  /** Its number as a writer, from 1. */
  readonly number: number;
  readonly source: SubjectSource;
  readonly settings: Pick<Settings, "seed" | "fingerprintBits" | "doubleCheck">;
}

/** Waiting states as bytes. */
export interface Piece {
  /** Whose codec wrote them: 0 is the thread that decides. */
  readonly writer: number;
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** What a codec has learnt meanwhile, for whoever reads its bytes. */
export interface News {
  readonly writer: number;
  readonly learnt: unknown;
}

/** States of one level, with consecutive ids. */
export interface Task {
  readonly number: number;
  readonly level: number;
  readonly firstId: number;
  readonly count: number;
  readonly pieces: readonly Piece[];
  readonly news: readonly News[];
  /** The fingerprints of all stored states, or of all but the latest. */
  readonly table: SharedArrayBuffer;
}

/** What came of a task where nothing was found that ends the search. */
export interface Outcome {
  readonly generated: number;
  /** By action. */
  readonly fired: readonly number[];
  /** Rows of numbers, one for each state that may be new; see candidates.ts. */
  readonly rows: Uint32Array;
  readonly bytes: Uint8Array;
  /** States outside of a constraint, which are judged and not kept. */
  readonly outside: { readonly count: number; readonly bits: readonly number[] };
}

export type FromThread =
  | { readonly kind: "ready"; readonly identity: Identity }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "done"; readonly number: number; readonly learnt: unknown; readonly outcome: Outcome }
  /** Something that ends the search; the thread that decides looks for itself. */
  | { readonly kind: "found"; readonly number: number; readonly property: string; readonly reason: string };
