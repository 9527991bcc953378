// A value that is typed as JSON, or as "@FILE" with JSON in it. What it must look like is others' business.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Invocation } from "./command.ts";
import { usage } from "./errors.ts";

/** Undefined where the option is not given. Throws `USAGE_INVALID` for what is not JSON. */
export function jsonGiven({ given, around }: Invocation, option: string): unknown {
  const text = given.text(option);
  if (text === undefined) return undefined;
  const source = text.startsWith("@") ? readGiven(resolve(around.folder, text.slice(1)), option) : text;
  try {
    return JSON.parse(source);
  } catch (error) {
    throw usage(`--${option} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readGiven(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw usage(`--${option} names a file that cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
