// Finds the test files of the repository. A suffix tells what a test costs: `x.test.ts` is fast, `x.int.test.ts` needs a
// database or processes. Refuses to look into node_modules, dist and hidden folders.
import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

const places = ["packages", "examples", "scripts", "tests"];
const skipped = new Set(["node_modules", "dist"]);

export function needsDatabase(file: string): boolean {
  return file.endsWith(".int.test.ts");
}

type Choice = { readonly filters: readonly string[]; readonly except: readonly string[]; readonly fast: boolean; readonly int: boolean };

/** Paths relative to `root` with forward slashes. Files that need a database first: they take longest. */
export function findTestFiles(root: string, choice: Choice): string[] {
  const folders = places.map((place) => join(root, place)).filter((folder) => existsSync(folder));
  const found = folders.flatMap(walk).map((path) => relative(root, path).split(sep).join("/"));
  return found
    .filter((file) => choice.filters.length === 0 || choice.filters.some((part) => file.includes(part)))
    .filter((file) => !choice.except.some((part) => file.includes(part)))
    .filter((file) => !(choice.fast && needsDatabase(file)) && !(choice.int && !needsDatabase(file)))
    .sort((a, b) => Number(needsDatabase(b)) - Number(needsDatabase(a)) || a.localeCompare(b, "en"));
}

function walk(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => {
    if (skipped.has(entry.name) || entry.name.startsWith(".")) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith(".test.ts") ? [path] : [];
  });
}
