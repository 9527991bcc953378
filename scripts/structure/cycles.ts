// Import cycles, type imports included: files in a ring cannot be understood, tested or moved one at a time. Uses Tarjan's
// algorithm for strongly connected components (R. Tarjan, "Depth-first search and linear graph algorithms", 1972).
import type { Check, Finding, SourceTree } from "./finding.ts";
import { modulesOf, relativeTarget } from "./module-source.ts";
import { packageEntries } from "./workspace.ts";

export const cycles: Check = (tree) => {
  const graph = importGraph(tree);
  return componentsOf(graph).flatMap((ring): Finding[] => {
    const [first] = [...ring].sort();
    if (first === undefined || (ring.length === 1 && !(graph.get(first)?.has(first) ?? false))) return [];
    return [{ file: first, line: 1, message: `Import cycle of ${ring.length}: ${[...ring].sort().join(", ")}.` }];
  });
};

function importGraph(tree: SourceTree): Map<string, Set<string>> {
  const entries = packageEntries(tree);
  const modules = modulesOf(tree);
  return new Map(
    modules.map((module) => {
      const targets = module.imports.map((one) => relativeTarget(module.path, one.specifier) ?? entries.get(one.specifier) ?? "");
      return [module.path, new Set(targets.filter((target) => tree.files.has(target)))];
    }),
  );
}

type Mark = { index: number; low: number; onStack: boolean };

function componentsOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const marks = new Map<string, Mark>();
  const stack: string[] = [];
  const found: string[][] = [];

  function visit(node: string): Mark {
    const mark: Mark = { index: marks.size, low: marks.size, onStack: true };
    marks.set(node, mark);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const seen = marks.get(next);
      if (seen === undefined) mark.low = Math.min(mark.low, visit(next).low);
      else if (seen.onStack) mark.low = Math.min(mark.low, seen.index);
    }
    if (mark.low === mark.index) {
      const component = stack.splice(stack.indexOf(node));
      for (const member of component) marks.set(member, { ...mark, onStack: false });
      found.push(component);
    }
    return mark;
  }

  for (const node of graph.keys()) if (!marks.has(node)) visit(node);
  return found;
}
