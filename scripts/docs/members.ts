// Reads what a type of the sources has: its members with what is said of each, and the strings of a union. Follows what an options' type is made of
// (extends, &, |, Partial, Omit, lists, an alias and its arguments, a parameter's constraint); of what it cannot follow it says that there are no members.
import ts from "typescript";
import type { Declarations, Found, SourceText, TypeDeclaration } from "./declarations.ts";

export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  /** The comment before it; "" where there is none. */
  readonly said: string;
  /** What an object given for it has. Read only when it is asked for. */
  readonly inner: () => readonly Member[];
}

/** A type as it was written, and where: what its names stand for depends on it. */
interface Placed { readonly node: ts.TypeNode; readonly scope: Scope }
interface Scope { readonly file: SourceText; readonly bound: ReadonlyMap<string, Placed> }

/** Those that stand for their argument, whose members it has. */
const THROUGH = new Set(["Readonly", "NonNullable", "NoInfer", "Required"]);

export class Members {
  readonly #declarations: Declarations;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  /** The members of a type that a file declares or imports; of a function, its parameters. Throws where there is none of this name. */
  of(path: string, name: string): readonly Member[] {
    return this.#declared(this.#type(path, name), []);
  }

  /** What a verb is given: the members of the parameter of this name, over all its overloads. */
  ofParameter(path: string, type: string, verb: string, parameter: string): readonly Member[] {
    const { node, file } = this.#type(path, type);
    const overloads = ts.isInterfaceDeclaration(node) ? node.members.filter(ts.isMethodSignature).filter((one) => nameOf(one.name) === verb) : [];
    const each = overloads.map((one) => this.#parameters(one, file).find(({ name }) => name === parameter)?.inner() ?? []);
    return merged(each).map((one) => ({ ...one, isOptional: one.isOptional || each.some((given) => !given.some(({ name }) => name === one.name)) }));
  }

  /** The strings that a type may be, or a member of it; parts that are no strings are left out. */
  strings(path: string, name: string, member = ""): readonly string[] {
    const { node } = this.#type(path, name);
    const properties = ts.isInterfaceDeclaration(node) ? node.members.filter(ts.isPropertySignature) : [];
    const type = ts.isTypeAliasDeclaration(node) ? node.type : properties.find((one) => nameOf(one.name) === member)?.type;
    const parts = type === undefined ? [] : ts.isUnionTypeNode(type) ? [...type.types] : [type];
    return parts.flatMap((one) => ts.isLiteralTypeNode(one) && ts.isStringLiteral(one.literal) ? [one.literal.text] : []);
  }

  #type(path: string, name: string): Found<TypeDeclaration> {
    const found = this.#declarations.type(name, this.#declarations.file(path));
    if (found === null) throw new Error(`There is no type ${name} in ${path}.`);
    return found;
  }

  #declared({ node, file }: Found<TypeDeclaration>, given: readonly Placed[]): readonly Member[] {
    const bound = new Map((node.typeParameters ?? []).flatMap(({ name }, at) => {
      const one = given[at];
      return one === undefined ? [] : [[name.text, one] as const];
    }));
    const scope = { file, bound };
    if (ts.isTypeAliasDeclaration(node)) return this.#read(node.type, scope);
    if (ts.isFunctionDeclaration(node)) return this.#parameters(node, file);
    const bases = (node.heritageClauses ?? []).flatMap(({ types }) =>
      types.map((base) => this.#reference(base.expression.getText(), base.typeArguments, scope)));
    return merged([this.#own(node.members, scope), ...bases]);
  }

  #read(node: ts.TypeNode, scope: Scope): readonly Member[] {
    if (ts.isParenthesizedTypeNode(node)) return this.#read(node.type, scope);
    if (ts.isTypeOperatorNode(node)) return this.#read(node.type, scope);
    // Of a list: what each of it has.
    if (ts.isArrayTypeNode(node)) return this.#read(node.elementType, scope);
    if (ts.isTypeLiteralNode(node)) return this.#own(node.members, scope);
    if (ts.isIntersectionTypeNode(node) || ts.isUnionTypeNode(node)) return merged(node.types.map((one) => this.#read(one, scope)));
    if (ts.isConditionalTypeNode(node)) return merged([node.trueType, node.falseType].map((one) => this.#read(one, scope)));
    return ts.isTypeReferenceNode(node) ? this.#reference(node.typeName.getText(), node.typeArguments, scope) : [];
  }

  #reference(name: string, given: readonly ts.TypeNode[] | undefined, scope: Scope): readonly Member[] {
    const bound = scope.bound.get(name);
    if (bound !== undefined) return this.#read(bound.node, bound.scope);
    const [first, second] = given ?? [];
    if (first !== undefined && THROUGH.has(name)) return this.#read(first, scope);
    if (first !== undefined && name === "Partial") return this.#read(first, scope).map((one) => ({ ...one, isOptional: true }));
    if (first !== undefined && second !== undefined && (name === "Omit" || name === "Pick")) {
      const names = [...second.getText().matchAll(/"([^"]*)"/g)].map(([, one]) => one ?? "");
      const known = this.#read(first, scope);
      // Of a type that another package declares, what is picked is all that is known.
      if (known.length === 0 && name === "Pick") return names.map((one) => ({ name: one, isOptional: true, said: "", inner: () => [] }));
      return known.filter((one) => names.includes(one.name) === (name === "Pick"));
    }
    const found = this.#declarations.type(name, scope.file);
    return found === null ? [] : this.#declared(found, (given ?? []).map((node) => ({ node, scope })));
  }

  /** What a parameter of a type parameter's type has is what its constraint has. */
  #parameters({ parameters, typeParameters = ts.factory.createNodeArray() }: ts.SignatureDeclarationBase, file: SourceText): readonly Member[] {
    const outside: Scope = { file, bound: new Map() };
    const constrained = typeParameters.flatMap(({ name, constraint }) =>
      constraint === undefined ? [] : [[name.text, { node: constraint, scope: outside }] as const]);
    const scope = { file, bound: new Map(constrained) };
    return parameters.map(({ name, type, questionToken, initializer }) => ({
      name: name.getText(), isOptional: questionToken !== undefined || initializer !== undefined, said: "",
      inner: () => type === undefined ? [] : this.#read(type, scope),
    }));
  }

  /** Names that begin with "~" are never present at run time, or are nobody's business. */
  #own(members: readonly ts.TypeElement[], scope: Scope): readonly Member[] {
    const named = members.flatMap((one) => {
      const name = one.name === undefined ? "" : nameOf(one.name);
      if (name === "" || name.startsWith("~")) return [];
      const type = ts.isPropertySignature(one) ? one.type : undefined;
      return [[{
        name, isOptional: one.questionToken !== undefined, said: commentBefore(one),
        inner: () => type === undefined ? [] : this.#read(type, scope),
      }]];
    });
    return merged(named);
  }
}

/** Each name once: given where all ask for it, and optional where one of them can do without. */
function merged(lists: readonly (readonly Member[])[]): readonly Member[] {
  const found = new Map<string, Member>();
  for (const one of lists.flat()) {
    const known = found.get(one.name);
    found.set(one.name, known === undefined ? one : {
      ...known, isOptional: known.isOptional || one.isOptional, said: `${known.said}${one.said}`, inner: () => merged([known.inner(), one.inner()]),
    });
  }
  return [...found.values()];
}

function nameOf(name: ts.PropertyName): string {
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : "";
}

function commentBefore(node: ts.Node): string {
  const comment = /\/\*\*([^]*?)\*\/\s*$/.exec(node.getFullText().slice(0, node.getLeadingTriviaWidth()))?.[1] ?? "";
  return comment.replaceAll(/\s*\n\s*\*\s?/g, " ").trim();
}
