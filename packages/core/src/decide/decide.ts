// decide: one message, its handler, its reads → its `Changes` or its failure, as a value. It never throws and never acts.
import { isEvenkeelError, isHandlerFailure } from "../errors.ts";
import type { Decision, Failure } from "../message/changes.ts";
import type { Envelope } from "../message/envelope.ts";
import { Recorder, type DocumentReader, type RunSettings } from "./recorder.ts";
import type { Routes } from "./routes.ts";
import type { AnyService } from "./service.ts";
import { Turn } from "./turn.ts";

/** A run under watch. Plain fields: there is one of these for every message. */
export interface Watched {
  readonly recorder: Recorder;
  /** Called once if the run has not settled in time after its last read. */
  readonly stall: () => void;
  readonly since: number;
  quietSince: number;
}

export interface Watchdog {
  watch(recorder: Recorder, stall: () => void): Watched;
  unwatch(watched: Watched): void;
}

export interface Decider {
  readonly service: AnyService;
  readonly routes: Routes;
  readonly settings: RunSettings;
  readonly watchdog: Watchdog;
}

/** A run that has begun and ends when every microtask that is ready has run. */
export class OpenTurn {
  readonly #decider: Decider;
  readonly #turn: Turn;
  readonly #recorder: Recorder;
  readonly #callId: string | null;

  constructor(decider: Decider, turn: Turn, recorder: Recorder, callId: string | null) {
    this.#decider = decider;
    this.#turn = turn;
    this.#recorder = recorder;
    this.#callId = callId;
  }

  /** It will not be ended. */
  drop(): void {
    this.#recorder.discard();
  }

  /** Its microtasks have run. What needs more of them is watched as any other run is. */
  end(): Decision | Promise<Decision> {
    try {
      const more = this.#turn.end();
      if (more instanceof Promise) return settle(this.#decider, this.#recorder, more, this.#callId);
      return { kind: "changes", changes: this.#recorder.finish(this.#callId) };
    } catch (error) {
      this.#recorder.discard();
      return failed(failureOf(error));
    }
  }
}

/** Runs the handler of one message; at once where the handler awaits nothing. */
export function decide(decider: Decider, message: Envelope, reader: DocumentReader, cause?: string): Decision | Promise<Decision> {
  const run = begin(decider, message, reader, cause);
  return run instanceof OpenTurn ? decider.settings.settled().then(() => run.end()) : run;
}

/** The same, where turns are ended by the caller. */
export function begin(decider: Decider, message: Envelope, reader: DocumentReader, cause?: string): Decision | Promise<Decision> | OpenTurn {
  const recorder = new Recorder(decider.service, message, reader, decider.settings, cause);
  try {
    const { handler, data, callId } = decider.routes.resolve(message);
    const run = handler(data as never, recorder.context as never);
    if (run instanceof Turn) return new OpenTurn(decider, run, recorder, callId);
    // Without types a handler may return anything.
    if (run !== undefined) return settle(decider, recorder, Promise.resolve(run).then((turn) => turn instanceof Turn ? ended(decider, turn) : undefined), callId);
    return { kind: "changes", changes: recorder.finish(callId) };
  } catch (error) {
    recorder.discard();
    return failed(failureOf(error));
  }
}

function ended({ settings }: Decider, turn: Turn): Promise<void> {
  return settings.settled().then(() => turn.end());
}

/** What a run comes to, or that it has not settled in time. */
function settle({ service, watchdog }: Decider, recorder: Recorder, run: Promise<void>, callId: string | null): Promise<Decision> {
  const { message } = recorder;
  return new Promise((resolve) => {
    const watched = watchdog.watch(recorder, () => {
      recorder.discard();
      resolve(failed({
        code: "HANDLER_STALLED",
        message: `The handler of '${message.name}' in service '${service.name}' did not settle in time after its last read: `
          + "it waits for something other than its entities. Make that a call.",
        retry: "later",
        afterMs: null,
      }));
    });
    run.then(
      () => {
        watchdog.unwatch(watched);
        resolve({ kind: "changes", changes: recorder.finish(callId) });
      },
      (error: unknown) => {
        watchdog.unwatch(watched);
        recorder.discard();
        resolve(failed(failureOf(error)));
      },
    );
  });
}

function failed(failure: Failure): Decision {
  return { kind: "failed", failure };
}

/** A thrown error as data. The text of an unknown error is kept: dead letters are read by the team that wrote the handler. */
function failureOf(error: unknown): Failure {
  if (isHandlerFailure(error)) return { code: error.code, message: error.message, retry: error.retry, afterMs: error.afterMs };
  if (isEvenkeelError(error)) return { code: error.code, message: error.message, retry: error.retry, afterMs: null };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "HANDLER_FAILED", message: text.slice(0, 2_000), retry: "later", afterMs: null };
}
