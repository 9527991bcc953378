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

/** Those that take longest, longest first: begun last, one of them would keep the run from ending while others have nothing to do. */
const LONGEST = [
  "packages/postgres/src/store.int", "examples/marketplace/src/run/outage.int", "tests/attacks/kills.int", "scripts/docs-code.int",
  "examples/marketplace/src/run/run.int",
];

function rankOf(file: string): number {
  const rank = LONGEST.findIndex((part) => file.startsWith(part));
  return rank >= 0 ? rank : needsDatabase(file) ? LONGEST.length : LONGEST.length + 1;
}

/** Paths relative to `root` with forward slashes. Files that need a database before the others: they take longer. */
export function findTestFiles(root: string, choice: Choice): string[] {
  const folders = places.map((place) => join(root, place)).filter((folder) => existsSync(folder));
  const found = folders.flatMap(walk).map((path) => relative(root, path).split(sep).join("/"));
  return found
    .filter((file) => choice.filters.length === 0 || choice.filters.some((part) => file.includes(part)))
    .filter((file) => !choice.except.some((part) => file.includes(part)))
    .filter((file) => !(choice.fast && needsDatabase(file)) && !(choice.int && !needsDatabase(file)))
    .sort((a, b) => rankOf(a) - rankOf(b) || a.localeCompare(b, "en"));
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
