// Which packages are published, each after the ones it imports: their declarations must exist before it is compiled.
import { readSourceTree } from "../structure/source-tree.ts";
import { workspacesOf } from "../structure/workspace.ts";
import type { Workspace } from "../structure/workspace.ts";

export function publishablePackages(root: string): Workspace[] {
  return inOrder(workspacesOf(readSourceTree(root)).filter((one) => one.folder.startsWith("packages/") && !one.private));
}

/** Dependencies first; throws when packages depend on each other in a ring. */
export function inOrder(packages: readonly Workspace[]): Workspace[] {
  const ordered: Workspace[] = [];
  const waiting = [...packages];
  while (waiting.length > 0) {
    const names = new Set(waiting.map((one) => one.name));
    const next = waiting.findIndex((one) => Object.keys(one.dependencies).every((name) => !names.has(name)));
    if (next < 0) throw new Error(`These packages depend on each other in a ring: ${[...names].join(", ")}.`);
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered;
}
