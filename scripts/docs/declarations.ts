// Finds where a name of the sources is declared: in its file, or in the file that it is imported or re-exported from. Parses only; it knows no types
// that the language or another package brings.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

export type TypeDeclaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.FunctionDeclaration;
type Declaration = TypeDeclaration | ts.VariableDeclaration;

/** A file of the sources, from the root. */
export interface SourceText { readonly path: string; readonly source: ts.SourceFile }

/** A declaration and the file that it stands in. */
export interface Found<D> { readonly node: D; readonly file: SourceText }

export class Declarations {
  readonly #root: string;
  readonly #parsed = new Map<string, SourceText>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The parsed file. Throws where there is none. */
  file(path: string): SourceText {
    const known = this.#parsed.get(path);
    if (known !== undefined) return known;
    const source = ts.createSourceFile(path, readFileSync(join(this.#root, path), "utf8"), ts.ScriptTarget.ESNext, true);
    const parsed = { path, source };
    this.#parsed.set(path, parsed);
    return parsed;
  }

  /** The interface, type alias or function that a name of this file stands for; null: it is none of the sources. */
  type(name: string, file: SourceText): Found<TypeDeclaration> | null {
    return this.#find(name, file, (node): node is TypeDeclaration => !ts.isVariableDeclaration(node));
  }

  /** The constant that a name of this file stands for; null: it is none of the sources. */
  constant(name: string, file: SourceText): Found<ts.VariableDeclaration> | null {
    return this.#find(name, file, ts.isVariableDeclaration);
  }

  #find<D extends Declaration>(name: string, file: SourceText, isWanted: (node: Declaration) => node is D): Found<D> | null {
    for (const node of file.source.statements.flatMap(declaredBy)) {
      if (node.name?.getText() === name && isWanted(node)) return { node, file };
    }
    for (const statement of file.source.statements) {
      const from = originOf(statement, name);
      const path = from === null ? null : this.#pathOf(from.module, file.path);
      const found = from === null || path === null ? null : this.#find(from.name, this.file(path), isWanted);
      if (found !== null) return found;
    }
    return null;
  }

  /** Packages outside this repository have no path. */
  #pathOf(module: string, from: string): string | null {
    if (module.startsWith(".")) return join(dirname(from), module);
    const [, own, rest] = /^(?:@evenkeel\/)?([\w-]+)(?:\/(.+))?$/.exec(module) ?? [];
    if (own === undefined) return null;
    const places = rest === undefined ? ["index.ts"] : [`${rest}.ts`, `${rest}/index.ts`];
    return places.map((place) => `packages/${own}/src/${place}`).find((path) => existsSync(join(this.#root, path))) ?? null;
  }
}

function declaredBy(statement: ts.Statement): readonly Declaration[] {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isFunctionDeclaration(statement)) return [statement];
  return ts.isVariableStatement(statement) ? statement.declarationList.declarations : [];
}

/** Where a statement takes a name from, and what it is called there. */
function originOf(statement: ts.Statement, name: string): { readonly module: string; readonly name: string } | null {
  if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return null;
  const { moduleSpecifier: module } = statement;
  const named = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause;
  if (named === undefined || !(ts.isNamedImports(named) || ts.isNamedExports(named))) return null;
  const one = [...named.elements].find((element) => element.name.text === name);
  if (one === undefined || module === undefined || !ts.isStringLiteral(module)) return null;
  return { module: module.text, name: (one.propertyName ?? one.name).text };
}
