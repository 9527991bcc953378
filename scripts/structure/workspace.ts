// The workspaces of the repository: which folder is which package, and what its package.json lists. Knows nothing about
// what a package may do; that is for the checks.
import { posix } from "node:path";
import { z } from "zod";
import type { SourceTree } from "./finding.ts";

const listed = z.record(z.string(), z.string()).default({});
const sourceCondition = "evenkeel-source";
const Manifest = z.object({
  exports: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  name: z.string(),
  private: z.boolean().default(false),
  dependencies: listed,
  devDependencies: listed,
  optionalDependencies: listed,
  peerDependencies: listed,
  scripts: listed,
});

export type Workspace = z.infer<typeof Manifest> & { readonly folder: string; readonly manifest: string };

/** The packages below packages/ and examples/, and the benchmarks, by folder as in `packages/core`. */
export function workspacesOf(tree: SourceTree): Workspace[] {
  return [...tree.files].flatMap(([path, text]) => {
    const folder = /^((?:packages|examples)\/[^/]+|benchmarks)\/package\.json$/.exec(path)?.[1];
    return folder === undefined ? [] : [{ folder, manifest: path, ...Manifest.parse(JSON.parse(text)) }];
  });
}

/** What can be imported from elsewhere in the tree, by specifier as in `@evenkeel/core/spi`: the source file behind it. */
export function packageEntries(tree: SourceTree): Map<string, string> {
  return new Map(workspacesOf(tree).flatMap((one) => [...entriesOf(one)].map(([specifier, file]) => [specifier, file] as const)));
}

/** The same of one package. */
export function entriesOf({ name, folder, exports }: Workspace): Map<string, string> {
  return new Map(
    Object.entries(exports).flatMap(([subpath, conditions]) => {
      const source = conditions[sourceCondition];
      return source === undefined ? [] : [[posix.join(name, subpath), posix.join(folder, source)] as const];
    }),
  );
}

/** A benchmark's contestant is found by its folder's name at run time, so its entry has a fixed one and no importer. */
export function isLoadedByName(path: string): boolean {
  return /^benchmarks\/contestants\/[^/]+\/index\.ts$|\.check\.ts$/.test(path);
}

export function rootWorkspace(tree: SourceTree): Workspace | undefined {
  const text = tree.files.get("package.json");
  return text === undefined ? undefined : { folder: "", manifest: "package.json", ...Manifest.parse(JSON.parse(text)) };
}

/** The package a specifier names: `@a/b` of `@a/b/c`; undefined for relative paths and what Node brings itself. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:") || specifier.startsWith("#")) return undefined;
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

export function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
