// What a TypeScript file imports and exports, read with the TypeScript parser (never with patterns over text, which see
// imports in comments). Syntax only: no types, no resolution beyond relative paths and package names.
import { posix } from "node:path";
import ts from "typescript";
import type { SourceTree } from "./finding.ts";

type Import = {
  readonly specifier: string;
  readonly line: number;
  /** The names taken, "default" among them; "*" stands for everything (namespace, dynamic import, loading by URL). */
  readonly names: readonly string[];
};

type Export = { readonly name: string; readonly line: number };

export type ModuleSource = {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  /** Every string and template piece of the file; package names looked up at run time appear here. */
  readonly strings: readonly string[];
};

const cache = new WeakMap<SourceTree, readonly ModuleSource[]>();

/** The TypeScript and JavaScript modules of the tree, parsed once. */
export function modulesOf(tree: SourceTree): readonly ModuleSource[] {
  const known = cache.get(tree);
  if (known !== undefined) return known;
  const modules = [...tree.files].filter(([path]) => isModule(path)).map(([path, text]) => parseModule(path, text));
  cache.set(tree, modules);
  return modules;
}

export function isModule(path: string): boolean {
  return /\.(ts|mts|mjs|js)$/.test(path) && !path.endsWith(".d.ts");
}

export function isTest(path: string): boolean {
  return /\.(test|test-d|check)\.ts$/.test(path);
}

/** Says of a path whether it is a test, or lies in a folder that only tests import and that is marked so (by a `tests-only.md`). */
export function testsOf(tree: SourceTree): (path: string) => boolean {
  const folders = [...tree.files.keys()].filter((path) => posix.basename(path) === "tests-only.md").map((path) => `${posix.dirname(path)}/`);
  return (path) => isTest(path) || folders.some((folder) => path.startsWith(folder));
}

/** The path a relative specifier leads to; undefined for a package's name. */
export function relativeTarget(from: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined;
}

function parseModule(path: string, text: string): ModuleSource {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: Import[] = [];
  const exports: Export[] = [];
  const strings: string[] = [];
  const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const add = (specifier: ts.Node | undefined, names: readonly string[], at: ts.Node): void => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) imports.push({ specifier: specifier.text, line: lineOf(at), names });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.push(node.text);
    if (ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) strings.push(node.text);
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importedNames(node.importClause), node);
    else if (ts.isExportDeclaration(node)) {
      const { exportClause: clause } = node;
      const elements = clause !== undefined && ts.isNamedExports(clause) ? clause.elements : undefined;
      add(node.moduleSpecifier, elements?.map((one) => (one.propertyName ?? one.name).text) ?? ["*"], node);
      for (const one of elements ?? []) exports.push({ name: one.name.text, line: lineOf(one) });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, ["*"], node);
    else if (ts.isCallExpression(node) && loadsModule(node.expression)) add(node.arguments[0], ["*"], node);
    else if (ts.isNewExpression(node) && isUrlOfThisModule(node)) add(besideThisModule(node.arguments?.[0]), ["*"], node);
    else if (ts.isExportAssignment(node)) exports.push({ name: "default", line: lineOf(node) });
    else for (const name of declaredExports(node)) exports.push({ name, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, imports, exports, strings };
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined) return [];
  const names = clause.name === undefined ? [] : ["default"];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, "*"];
  return [...names, ...bindings.elements.map((one) => (one.propertyName ?? one.name).text)];
}

/** `import(…)` and `import.meta.resolve(…)`. */
function loadsModule(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isPropertyAccessExpression(callee) && callee.name.text === "resolve" && ts.isMetaProperty(callee.expression);
}

/** `new URL("reporter.ts", import.meta.url)`: a module loaded by its place. */
function isUrlOfThisModule(node: ts.NewExpression): boolean {
  return ts.isIdentifier(node.expression) && node.expression.text === "URL" && node.arguments?.[1]?.getText() === "import.meta.url";
}

function besideThisModule(path: ts.Node | undefined): ts.Node | undefined {
  if (path === undefined || !ts.isStringLiteralLike(path) || !isModule(path.text)) return undefined;
  return path.text.startsWith(".") ? path : ts.factory.createStringLiteral(`./${path.text}`);
}

function declaredExports(node: ts.Node): string[] {
  if (!ts.canHaveModifiers(node)) return [];
  const modifiers = ts.getModifiers(node)?.map((one) => one.kind) ?? [];
  if (!modifiers.includes(ts.SyntaxKind.ExportKeyword)) return [];
  if (modifiers.includes(ts.SyntaxKind.DefaultKeyword)) return ["default"];
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.flatMap((one) => boundNames(one.name));
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
    return node.name === undefined ? [] : [node.name.text];
  }
  return [];
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((one) => (ts.isOmittedExpression(one) ? [] : boundNames(one.name)));
}
