// Imports a file that somebody else wrote, for a command that was given it. What it exports is looked at by whoever asked.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isEvenkeelError } from "@evenkeel/core";
import { EmbeddedError } from "@evenkeel/embedded";
import { CliError } from "./errors.ts";

interface Asked {
  /** As it was typed. */
  readonly file: string;
  readonly folder: string;
  /** Without `evenkeel`. */
  readonly command: string;
  /** For whatever is wrong with the file. */
  readonly code: "WORKER_MODULE_INVALID" | "WORKFLOWS_MISSING";
}

/** Throws an error of the given code, or the file's own typed error. */
export async function importModule({ file, folder, command, code }: Asked): Promise<unknown> {
  const path = resolve(folder, file);
  if (!existsSync(path)) throw new CliError(code, `There is no file ${path}.`);
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : undefined;
    if (reason === "ERR_UNKNOWN_FILE_EXTENSION") {
      const cure = `compile it to JavaScript, or run NODE_OPTIONS="--import tsx" evenkeel ${command} ${file}`;
      throw new CliError(code, `This Node.js cannot load ${file} as it is: ${cure}.`, { cause: error });
    }
    throw ownError(error) ?? failed(code, `The file ${file} cannot be loaded`, error);
  }
}

/** An error that is typed already, by whatever is ours. */
export function ownError(error: unknown): Error | null {
  return error instanceof CliError || error instanceof EmbeddedError || (error instanceof Error && isEvenkeelError(error)) ? error : null;
}

/** An application's failure: its stack says where, and only its author can mend it. */
export function failed(code: Asked["code"], what: string, error: unknown): CliError {
  const why = error instanceof Error ? error.stack ?? error.message : String(error);
  return new CliError(code, `${what}: ${why}`, { cause: error });
}
