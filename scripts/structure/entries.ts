// What a package offers is listed by hand, name by name, in the entries that its package.json exports. Each of those
// exists, no other file is called index.ts, there is no `export *`, and no file or folder has a name that says only that
// its contents had no better place.
import type { Check, Finding, SourceTree } from "./finding.ts";
import { modulesOf } from "./module-source.ts";
import { entriesOf, isLoadedByName, packageEntries, workspacesOf } from "./workspace.ts";

const shapeless = new Set(["util", "utils", "common", "lib", "helper", "helpers", "misc", "manager", "managers", "shared"]);

export const entries: Check = (tree) => [...indexFiles(tree), ...absentEntries(tree), ...starExports(tree), ...shapelessNames(tree)];

function indexFiles(tree: SourceTree): Finding[] {
  const entries = new Set(packageEntries(tree).values());
  return [...tree.files.keys()]
    .filter((path) => /(^|\/)index\.[mc]?[tj]s$/.test(path) && !entries.has(path) && !isLoadedByName(path))
    .map((file) => ({ file, line: 1, message: "Only a package's entry is called index.ts: name the file after its main export." }));
}

function absentEntries(tree: SourceTree): Finding[] {
  return workspacesOf(tree).flatMap((one) => {
    const absent = [...entriesOf(one)].filter(([, file]) => !tree.files.has(file));
    return absent.map(([name, file]) => ({ file: one.manifest, line: 1, message: `${name} comes from ${file}, which does not exist.` }));
  });
}

function starExports(tree: SourceTree): Finding[] {
  return [...tree.files].flatMap(([file, text]) => {
    if (!/\.[mc]?ts$/.test(file)) return [];
    const lines = text.split("\n").map((content, index) => ({ content, line: index + 1 }));
    return lines
      .filter(({ content }) => /^\s*export\s+(type\s+)?\*/.test(content))
      .map(({ line }) => ({ file, line, message: "`export *` hides what is public: list the names." }));
  });
}

function shapelessNames(tree: SourceTree): Finding[] {
  return modulesOf(tree).flatMap(({ path }) => {
    const part = path.split("/").find((one) => shapeless.has(one.split(".")[0] ?? ""));
    return part === undefined ? [] : [{ file: path, line: 1, message: `"${part}" says nothing: name it after what it holds.` }];
  });
}
