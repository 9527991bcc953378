// The host: what a process offers besides a store. Core takes time, chance and logging from here and from nowhere else, so that
// the checker can own all three. It does not offer files, sockets or the environment.

export interface Host {
  /** Milliseconds since 1970, for people: it stamps `occurredAt` and is never compared. */
  now(): number;
  /** Milliseconds that only grow, for delays within this process. */
  elapsed(): number;
  /** A number in [0, 1). */
  random(): number;
  /** A new id that sorts by time of creation (UUID version 7, RFC 9562), so that unique indexes fill in order. */
  newId(): string;
  /**
   * Runs `task` once after `delayMs`; returns how to cancel it. Keeps the process alive until then, since somebody waits for it: a worker
   * between two looks, a caller of `handled`, a publish in doubt. A loop that is stopped cancels its own, so that the process can end.
   */
  after(delayMs: number, task: () => void): () => void;
  /** Runs `task` soon, after the work that is ready now. */
  soon(task: () => void): void;
  /** Runs `task` when every microtask that is ready has run, before anything else that is ready. Default: `soon`. */
  afterMicrotasks?(task: () => void): void;
  /** The longest time since the last call, or the first one, for which the process ran no other task; absent where that is not known. */
  loopDelayMs?(): number;
  readonly log: Log;
}

export type LogLevel = "debug" | "info" | "warning" | "error";

/** Structured log lines. `event` is a stable name; `fields` are plain data without secrets. */
export interface Log {
  (level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
}
