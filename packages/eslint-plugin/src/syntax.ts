// The syntax tree as these rules see it: its nodes, their children, what a name stands for and what a call calls. It judges nothing.
import type { Rule, Scope, SourceCode } from "eslint";

/** A node of ESLint's tree. */
export type Node = Parameters<SourceCode["getAncestors"]>[0];
type Of<T extends Rule.Node["type"]> = Extract<Rule.Node, { type: T }>;
type Plain<T> = T extends Rule.NodeParentExtension ? Omit<T, "parent"> : T;
export type Call = Plain<Of<"CallExpression">>;
export type FunctionNode = Extract<Node, { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }>;

export function isFunction(node: Node): node is FunctionNode {
  return node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression";
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** Expressions that only the type checker sees are what they are about; other types are nothing that runs. */
const TYPED = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression", "TSTypeAssertion", "TSInstantiationExpression"]);

/** The expression without the types around it. */
export function bare(node: Node): Node {
  const type: string = node.type;
  const inner: unknown = TYPED.has(type) || type === "ChainExpression" ? Reflect.get(node, "expression") : undefined;
  return isNode(inner) ? bare(inner) : node;
}

/** The children that run, in the order of the source; types and names of members are not among them. */
function childrenOf(node: Node, { visitorKeys }: SourceCode): readonly Node[] {
  const type: string = node.type;
  if (type.startsWith("TS") && !TYPED.has(type)) return [];
  const keys = TYPED.has(type) ? ["expression"] : visitorKeys[type] ?? [];
  return keys.flatMap((key) => {
    const isName = (key === "property" && node.type === "MemberExpression") || (key === "key" && "key" in node);
    if (isName && "computed" in node && !node.computed) return [];
    const value: unknown = Reflect.get(node, key);
    return (Array.isArray(value) ? value : [value]).filter(isNode);
  });
}

/** Visits a node and all below it; where `visit` says false, not what is below. */
export function walk(node: Node, code: SourceCode, visit: (node: Node) => boolean): void {
  if (!visit(node)) return;
  for (const child of childrenOf(node, code)) walk(child, code, visit);
}

/** What a name stands for where it is written; null for what the file does not say. */
export function variableOf(name: Node, code: SourceCode): Scope.Variable | null {
  return name.type === "Identifier" ? named(name.name, name, code) : null;
}

/** What a name would stand for at a place. */
export function named(name: string, at: Node, code: SourceCode): Scope.Variable | null {
  for (let scope: Scope.Scope | null = code.getScope(at); scope !== null; scope = scope.upper) {
    const found = scope.set.get(name);
    if (found !== undefined) return found;
  }
  return null;
}

/** The variable that a parameter declares, where it is a plain name. */
export function parameterOf(fn: FunctionNode, at: number, code: SourceCode): Scope.Variable | null {
  const parameter = fn.params[at];
  const name = parameter?.type === "AssignmentPattern" ? parameter.left : parameter;
  if (name?.type !== "Identifier") return null;
  return code.getDeclaredVariables(fn).find((one) => one.name === name.name) ?? null;
}

/** What a variable that never changes was made with. */
export function initOf(variable: Scope.Variable): Node | null {
  const [definition, ...more] = variable.defs;
  if (definition?.type !== "Variable" || more.length > 0 || definition.parent.kind !== "const") return null;
  return definition.node.init ?? null;
}

/** The function that an expression is, or names, in this file. */
export function functionOf(expression: Node, code: SourceCode): FunctionNode | null {
  const node = bare(expression);
  if (isFunction(node)) return node;
  const variable = variableOf(node, code);
  const [definition] = variable?.defs ?? [];
  if (definition?.type === "FunctionName") return isNode(definition.node) && isFunction(definition.node) ? definition.node : null;
  const init = variable === null ? null : initOf(variable);
  return init === null || !isFunction(bare(init)) ? null : functionOf(init, code);
}

/** The name under which another module exports what a name stands for here: `["node:crypto", "randomUUID"]`, or "*" for all of it. */
export function importOf(name: Node, code: SourceCode): readonly [module: string, exported: string] | null {
  const [definition] = variableOf(name, code)?.defs ?? [];
  if (definition?.type !== "ImportBinding") return null;
  const { node, parent } = definition;
  const source = typeof parent.source.value === "string" ? parent.source.value : "";
  if (node.type !== "ImportSpecifier") return [source, "*"];
  return [source, node.imported.type === "Identifier" ? node.imported.name : String(node.imported.value)];
}

/** The name of the member that an expression takes, as in `w.step` or `w["step"]`. */
export function memberOf(node: Node): string | null {
  if (node.type !== "MemberExpression") return null;
  if (!node.computed && node.property.type === "Identifier") return node.property.name;
  return node.property.type === "Literal" && typeof node.property.value === "string" ? node.property.value : null;
}
