// Which package may import which: the table in ARCHITECTURE.md, compared with the imports found, in both directions. An
// import the table does not allow is a breach; so is an allowance nobody uses, a package without a row, a row without a package.
import { posix } from "node:path";
import type { Check, Finding, SourceTree } from "./finding.ts";
import { lineAt } from "./finding.ts";
import { isTest, modulesOf, relativeTarget } from "./module-source.ts";
import { isInside, packageOf, workspacesOf } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

type Row = { readonly folder: string; readonly name: string; readonly mayImport: readonly string[]; readonly line: number };

const tableFile = "ARCHITECTURE.md";
// Suites and fault-injecting wrappers: for the tests of every package, for the product code of none.
const forTestsOnly = "testkit";

export const boundaries: Check = (tree) => {
  const rows = readTable(tree);
  if (rows === undefined) return [{ file: tableFile, line: 1, message: "There is no table between two `<!-- boundaries -->` marks." }];
  const packages = workspacesOf(tree).filter((one) => one.folder.startsWith("packages/"));
  return [...compareRows(rows, packages), ...rows.flatMap((row) => compareImports(row, rows, tree)), ...leavingOwnFolder(tree)];
};

function readTable(tree: SourceTree): Row[] | undefined {
  const text = tree.files.get(tableFile) ?? "";
  const found = /<!-- boundaries -->([^]*?)<!-- \/?boundaries -->/.exec(text);
  if (found === null) return undefined;
  const first = lineAt(text, found.index);
  const lines = (found[1] ?? "").split("\n").map((line, index) => ({ line: first + index, cells: cellsOf(line) }));
  const table = lines.filter(({ cells }) => cells.length >= 3);
  return table.slice(2).map(({ line, cells }) => ({
    folder: cells[0] ?? "",
    name: cells[1] ?? "",
    mayImport: (cells.at(-1) ?? "").split(",").map((word) => word.trim()).filter((word) => word !== "" && word !== "nothing"),
    line,
  }));
}

function cellsOf(line: string): string[] {
  if (!line.trim().startsWith("|")) return [];
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim().replaceAll("`", ""));
}

function compareRows(rows: readonly Row[], packages: readonly Workspace[]): Finding[] {
  const missing = packages.filter((one) => !rows.some((row) => `packages/${row.folder}` === one.folder && row.name === one.name));
  const stale = rows.filter((row) => !packages.some((one) => one.folder === `packages/${row.folder}`));
  return [
    ...missing.map(({ manifest, name }) => finding(manifest, 1, `${name} has no row with its folder and name in ${tableFile}.`)),
    ...stale.map(({ folder, line }) => finding(tableFile, line, `The table has a row for packages/${folder}, which does not exist.`)),
  ];
}

function compareImports(row: Row, rows: readonly Row[], tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  const used = new Set<string>();
  for (const module of modulesOf(tree).filter((one) => isInside(one.path, `packages/${row.folder}`))) {
    for (const one of module.imports) {
      const target = rows.find((other) => other.name === packageOf(one.specifier));
      if (target === undefined || target === row) continue;
      if (!isTest(module.path)) used.add(target.folder);
      if (row.mayImport.includes(target.folder) || (target.folder === forTestsOnly && isTest(module.path))) continue;
      findings.push(finding(module.path, one.line, `${row.name} may not import ${target.name} (table in ${tableFile}).`));
    }
  }
  const unused = row.mayImport.filter((folder) => !used.has(folder));
  const stale = unused.map((folder) => finding(tableFile, row.line, `${row.name} may import ${folder}, and never does: narrow it.`));
  return [...findings, ...stale];
}

/** A relative path from one package into another goes around the table. */
function leavingOwnFolder(tree: SourceTree): Finding[] {
  return modulesOf(tree).flatMap((module) => {
    const own = /^(packages|examples)\/[^/]+/.exec(module.path)?.[0];
    if (own === undefined) return [];
    const leaving = module.imports.filter((one) => {
      const target = relativeTarget(module.path, one.specifier);
      return target !== undefined && !isInside(posix.normalize(target), own);
    });
    return leaving.map((one) => finding(module.path, one.line, `"${one.specifier}" leaves ${own}: import the other package by its name.`));
  });
}

function finding(file: string, line: number, message: string): Finding {
  return { file, line, message };
}
