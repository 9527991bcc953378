// What only the command line can get wrong, and how any failure is told to the one who typed. The platform's own codes stay as they
// are; this file adds no meaning to them.
import { isEvenkeelError } from "@evenkeel/core";
import { EmbeddedError } from "@evenkeel/embedded";

/** The codes that only the command has. `USAGE_INVALID` and `COMMAND_UNKNOWN` end with exit code 2, the others with 1. */
export const cliErrorCodes = [
  "USAGE_INVALID",
  "COMMAND_UNKNOWN",
  // The file given to `evenkeel worker` cannot be loaded or exports no application.
  "WORKER_MODULE_INVALID",
  // A file given to `evenkeel calibrate` cannot be read as a record of calls or of outages.
  "RECORD_UNREADABLE",
  // The file given to `evenkeel replay` cannot be loaded or exports no workflow.
  "WORKFLOWS_MISSING",
  // `evenkeel check` needs a package that is not installed.
  "CHECKER_MISSING",
] as const;

type CliErrorCode = (typeof cliErrorCodes)[number];

export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: CliErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get exitCode(): number { return this.code === "USAGE_INVALID" || this.code === "COMMAND_UNKNOWN" ? 2 : 1; }
}

export function usage(message: string): CliError {
  return new CliError("USAGE_INVALID", message);
}

interface Report {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

export function reportOf(error: unknown): Report {
  if (error instanceof CliError) return { code: error.code, message: error.message, details: error.details, exitCode: error.exitCode };
  if (isEvenkeelError(error)) return { code: error.code, message: error.message, details: error.details, exitCode: 1 };
  if (error instanceof EmbeddedError) return { code: error.code, message: error.message, details: {}, exitCode: 1 };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message: `${message} (EVENKEEL_LOG=debug shows where)`, details: {}, exitCode: 1 };
}
