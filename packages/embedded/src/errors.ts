// The table of everything that can go wrong with the embedded server, and the one class that carries it.
// It holds no logic: what to do about a given server message is in advice.ts.

/** Where a caller goes when the embedded server cannot be used. */
export const DATABASE_URL_SETTING = "EVENKEEL_DATABASE_URL";

interface Details {
  /** There is no PostgreSQL for this platform here. */
  EMBEDDED_UNAVAILABLE: { platform: string; reason: string };
  /** The data was written by another major version; it was not touched. */
  EMBEDDED_VERSION: { folder: string; found: string; expected: number };
  /** The server, or its data folder, could not be brought up; the data was left as it is. */
  EMBEDDED_START_FAILED: { folder: string; what: string; advice: string; lines: readonly string[] };
  /** The server was asked to stop and did not end in time. */
  EMBEDDED_STOP_FAILED: { folder: string; pid: number; waitedMs: number };
}

const table: { readonly [C in keyof Details]: (details: Details[C]) => string } = {
  EMBEDDED_UNAVAILABLE: ({ platform, reason }) =>
    `There is no embedded PostgreSQL for ${platform}: ${reason}. ` +
    `Set ${DATABASE_URL_SETTING} to the address of a PostgreSQL server to use that one.`,
  EMBEDDED_VERSION: ({ folder, found, expected }) =>
    `The data in ${folder} was written by PostgreSQL ${found}, and the installed server is PostgreSQL ${expected}. ` +
    "The data was not touched. " +
    `Install the package versions that bring PostgreSQL ${found}, or dump it there and load it into a new folder.`,
  EMBEDDED_START_FAILED: ({ folder, what, advice, lines }) =>
    `The embedded PostgreSQL in ${folder} did not start: ${what}. ${advice}${quoted(lines)}`,
  EMBEDDED_STOP_FAILED: ({ folder, pid, waitedMs }) =>
    `The embedded PostgreSQL in ${folder} (process ${pid}) was asked to stop and was still running after ${waitedMs} ms. ` +
    `It is finishing its work; look at its log, and end process ${pid} yourself if it hangs: committed data survives that.`,
};

function quoted(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\nThe server said:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

export type EmbeddedErrorCode = keyof Details;

/** Every code, for documentation and for the test that compares the two. */
export const embeddedErrorCodes = Object.keys(table);

/**
 * What this package throws. Tell errors apart by `code`, which is stable and never reused; the message says what
 * happened, to which folder, and what to do next.
 */
export class EmbeddedError extends Error {
  override readonly name = "EmbeddedError";
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Makes the error of one row of the table. */
export function embeddedError<C extends EmbeddedErrorCode>(code: C, details: Details[C], cause?: unknown): EmbeddedError {
  return new EmbeddedError(code, table[code](details), cause === undefined ? undefined : { cause });
}
