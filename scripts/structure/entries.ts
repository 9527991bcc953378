// What a package offers is one list of names written by hand in its src/index.ts. No other index.ts, no `export *`, and no
// file or folder whose name says only that its contents had no better place.
import type { Check, Finding, SourceTree } from "./finding.ts";
import { modulesOf } from "./module-source.ts";

const shapeless = new Set(["util", "utils", "common", "lib", "helper", "helpers", "misc", "manager", "managers", "shared"]);

export const entries: Check = (tree) => [...indexFiles(tree), ...starExports(tree), ...shapelessNames(tree)];

function indexFiles(tree: SourceTree): Finding[] {
  return [...tree.files.keys()]
    .filter((path) => /(^|\/)index\.\w+$/.test(path) && /\.[mc]?[tj]s$/.test(path) && !/^packages\/[^/]+\/src\/index\.ts$/.test(path))
    .map((file) => ({ file, line: 1, message: "Only a package's entry is called index.ts: name the file after its main export." }));
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
