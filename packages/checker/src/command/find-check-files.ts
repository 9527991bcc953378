// Finds the files that hold checks: `*.check.ts` and its JavaScript forms, below the folders that were named. It opens none of them.
import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { EvenkeelError } from "@evenkeel/core";

const CHECK_FILE = /\.check\.(ts|mts|js|mjs)$/;
/** What is installed or built is not looked into, nor what begins with a dot. */
const LEFT_OUT = new Set(["node_modules", "dist", "build", "coverage"]);

/**
 * The check files of a folder and all below it, or the one file named; sorted, as absolute paths.
 *
 * Throws `CHECK_FILE_INVALID` when there is no such file or folder, or not one check file in it.
 */
export async function findCheckFiles(place: string, folder: string): Promise<readonly string[]> {
  const path = resolve(folder, place);
  const kind = await stat(path).catch(() => null);
  if (kind === null) throw invalid(`There is no file or folder ${path}.`, path);
  if (!kind.isDirectory()) return [path];
  const found: string[] = [];
  await gather(path, found);
  if (found.length > 0) return found.sort();
  throw invalid(`There is no *.check.ts or *.check.js below ${relative(folder, path) === "" ? "this folder" : path}.`, path);
}

async function gather(folder: string, into: string[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await gather(path, into);
    else if (entry.isFile() && CHECK_FILE.test(entry.name)) into.push(path);
  }
}

function invalid(message: string, path: string): EvenkeelError {
  return new EvenkeelError("CHECK_FILE_INVALID", message, { details: { path } });
}
