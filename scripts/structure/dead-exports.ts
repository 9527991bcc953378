// An export that no other file imports is not an export: take the word away, or the code. Tests count as users; package
// entries are exempt, because their users are elsewhere; so are type tests, whose exports only keep what they declare from being unused.
import type { Check } from "./finding.ts";
import { modulesOf, relativeTarget } from "./module-source.ts";
import { isLoadedByName, packageEntries } from "./workspace.ts";

// Loaded by a tool, or registered with Node as a module's hooks, by the file's path.
const configuration = /^[^/]+\.config\.mjs$|-hooks\.mjs$/;

export const deadExports: Check = (tree) => {
  const modules = modulesOf(tree);
  const entries = new Set(packageEntries(tree).values());
  const used = new Map<string, Set<string>>();
  for (const module of modules) {
    for (const one of module.imports) {
      const target = relativeTarget(module.path, one.specifier);
      if (target === undefined || target === module.path) continue;
      const names = used.get(target) ?? new Set();
      for (const name of one.names) names.add(name);
      used.set(target, names);
    }
  }
  return modules
    .filter(({ path }) => !entries.has(path) && !isLoadedByName(path) && !path.endsWith(".test-d.ts") && !configuration.test(path))
    .flatMap(({ path, exports }) => {
      const names = used.get(path);
      if (names?.has("*") === true) return [];
      return exports
        .filter(({ name }) => names?.has(name) !== true)
        .map(({ name, line }) => ({ file: path, line, message: `"${name}" is exported and imported nowhere.` }));
    });
};
