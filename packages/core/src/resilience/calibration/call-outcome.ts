// One recorded call, and a record of them: what calibration reads. It refuses values that cannot be, and knows no file format.
import { EvenkeelError } from "../../errors.ts";

/** How one attempt at an outside call ended. */
export interface CallOutcome {
  /** When it began: milliseconds since any fixed point, the same for the whole record. */
  readonly atMs: number;
  readonly durationMs: number;
  /** `answer`: the dependency did its part, also with a decline. `timeout`: it was given up after `durationMs`. */
  readonly verdict: "answer" | "failure" | "timeout";
  readonly port?: string;
  readonly operation?: string;
}

/** Read several times: an array, or a function that begins anew at each call. In order of time, up to 10,000 outcomes out of place. */
export type OutcomeSource = readonly CallOutcome[] | (() => Iterable<CallOutcome> | AsyncIterable<CallOutcome>);

/** Which calls of a record are meant. */
export interface Choice {
  readonly port?: string;
  readonly operation?: string;
}

const VERDICTS: ReadonlySet<string> = new Set<CallOutcome["verdict"]>(["answer", "failure", "timeout"]);

/** Hands every chosen outcome over, in the order of the record; throws `CALIBRATION_RECORD_INVALID` at one that cannot be. */
export async function forEachOutcome(source: OutcomeSource, choice: Choice, visit: (outcome: CallOutcome) => void): Promise<void> {
  const outcomes = typeof source === "function" ? source() : source;
  let index = 0;
  const look = (outcome: CallOutcome): void => {
    if (!VERDICTS.has(outcome.verdict)) {
      throw recordInvalid(`Outcome ${String(index)} of the record has the verdict '${outcome.verdict}': give one of ${[...VERDICTS].join(", ")}.`, { index });
    }
    if (!(outcome.durationMs >= 0 && outcome.durationMs < Infinity) || !Number.isFinite(outcome.atMs)) {
      throw recordInvalid(
        `Outcome ${String(index)} of the record began at ${String(outcome.atMs)} and took ${String(outcome.durationMs)} ms: give a number, and a duration of at least 0.`,
        { index },
      );
    }
    index++;
    if ((choice.port ?? outcome.port) === outcome.port && (choice.operation ?? outcome.operation) === outcome.operation) visit(outcome);
  };
  if (Symbol.asyncIterator in outcomes) for await (const outcome of outcomes) look(outcome);
  else for (const outcome of outcomes) look(outcome);
}

export function recordInvalid(message: string, details: Record<string, unknown>): EvenkeelError {
  return new EvenkeelError("CALIBRATION_RECORD_INVALID", message, { details });
}
