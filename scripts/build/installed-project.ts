// A throw-away project that installs the packed packages as a user would: from tarballs, with plain npm, without tsx and
// without this repository's node_modules above it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "../structure/workspace.ts";

/** Packs `packages` and installs them in `<folder>/project`; returns that path. */
export function installPacked(root: string, folder: string, packages: readonly Workspace[]): string {
  const tarballs = join(folder, "tarballs");
  const project = join(folder, "project");
  for (const path of [tarballs, project]) mkdirSync(path, { recursive: true });
  for (const one of packages) npm(["pack", "--silent", `--pack-destination=${tarballs}`], join(root, one.folder));
  writeFileSync(join(project, "package.json"), '{ "name": "user-of-the-packages", "private": true, "type": "module" }\n');
  const files = readdirSync(tarballs).map((name) => join(tarballs, name));
  npm(["install", "--silent", "--no-audit", "--no-fund", "--prefer-offline", ...files], project);
  return project;
}

function npm(words: readonly string[], cwd: string): void {
  // Variables that an outer `npm run` sets would tell the inner npm about the wrong project.
  const kept = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_"));
  execFileSync("npm", words, { cwd, env: Object.fromEntries(kept), stdio: ["ignore", "ignore", "inherit"] });
}
