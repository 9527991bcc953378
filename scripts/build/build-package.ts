// Compiles one package's sources into dist: JavaScript with `.js` imports, declarations, maps that carry their sources. Tests
// stay out; files that are not TypeScript (SQL) are copied beside the code that reads them. Other packages are seen
// through their built declarations, as npm's users see them.
import { chmodSync, copyFileSync, cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import ts from "typescript";

/** Throws an Error with the compiler's own messages when the package does not compile. */
export function buildPackage(root: string, folder: string): void {
  const source = join(root, folder, "src");
  const dist = join(root, folder, "dist");
  rmSync(dist, { recursive: true, force: true });
  const testFolders = testFoldersOf(source);
  const files = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => isProduct(name, testFolders)).map((name) => join(source, name));
  const program = ts.createProgram(files, { ...repositoryOptions(root), ...outputOptions, rootDir: source, outDir: dist });
  const emitted = program.emit();
  const mistakes = [...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics];
  if (mistakes.length > 0) throw new Error(`${folder} does not compile:\n${ts.formatDiagnostics(mistakes, formatHost(root))}`);
  cpSync(source, dist, { recursive: true, filter: (path) => !/\.(ts|md)$/.test(path) });
  copyFileSync(join(root, "LICENSE"), join(dist, "LICENSE"));
  makeExecutable(dist);
}

const outputOptions: ts.CompilerOptions = {
  noEmit: false,
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: true,
  declaration: true,
  sourceMap: true,
  inlineSources: true,
  customConditions: [],
};

/** Folders that only tests import are marked by a file of this name: what is in them is no product, and is not shipped. */
const TESTS_ONLY = "tests-only.md";

function testFoldersOf(source: string): readonly string[] {
  const marks = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => basename(name) === TESTS_ONLY);
  return marks.map((name) => dirname(name) + sep);
}

function isProduct(name: string, testFolders: readonly string[]): boolean {
  return name.endsWith(".ts") && !/\.(test|test-d|check)\.ts$/.test(name) && !testFolders.some((folder) => name.startsWith(folder));
}

function repositoryOptions(root: string): ts.CompilerOptions {
  const read = ts.readConfigFile(join(root, "tsconfig.json"), (file) => ts.sys.readFile(file));
  return ts.parseJsonConfigFileContent(read.config, { ...ts.sys, readDirectory: () => [] }, root).options;
}

function formatHost(root: string): ts.FormatDiagnosticsHost {
  return { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => "\n" };
}

/** Files that begin with a shebang are commands. */
function makeExecutable(dist: string): void {
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".js") && readFileSync(join(dist, name), "utf8").startsWith("#!")) chmodSync(join(dist, name), 0o755);
  }
}
