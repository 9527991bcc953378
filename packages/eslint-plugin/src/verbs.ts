// The verbs of a workflow's context, found where they are called, and whether a promise is one that only they settle. What cannot be decided from
// the file counts as theirs: these rules report what is wrong, not what could be.
import type { Scope, SourceCode } from "eslint";
import { bare, functionOf, importOf, initOf, memberOf, variableOf, type Call, type FunctionNode, type Node } from "./syntax.ts";

const PROMISED = new Set(["step", "pivot", "retriable", "readonly", "sleep", "waitFor", "waitForAny", "ask", "child", "map", "receive", "continueAsNew"]);
const JOINS = new Set(["all", "race", "allSettled", "any"]);
const CHAINS = new Set(["then", "catch", "finally"]);

export class Verbs {
  readonly #code: SourceCode;
  readonly #contexts: ReadonlySet<Scope.Variable>;

  constructor(code: SourceCode, contexts: ReadonlySet<Scope.Variable>) {
    this.#code = code;
    this.#contexts = contexts;
  }

  isContext(node: Node): boolean {
    const variable = variableOf(bare(node), this.#code);
    return variable !== null && this.#contexts.has(variable);
  }

  /** The verb that is called, of whatever kind: "step" of `w.step(…)`. */
  verbOf(node: Node): string | null {
    if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || !this.isContext(node.callee.object)) return null;
    return memberOf(node.callee);
  }

  /** What gives a promise that must be awaited: a verb, a join of some, or a function of this file that is async and is given the context. */
  promised(expression: Node): string | null {
    const node = bare(expression);
    if (node.type !== "CallExpression") return null;
    const verb = this.verbOf(node);
    if (verb !== null) return PROMISED.has(verb) ? `w.${verb}` : null;
    const member = memberOf(node.callee);
    if (member !== null && CHAINS.has(member) && node.callee.type === "MemberExpression") return this.promised(node.callee.object);
    if (this.#isJoin(node)) return `Promise.${member ?? "all"}`;
    const called = node.callee.type === "Identifier" ? functionOf(node.callee, this.#code) : null;
    return called?.async === true && node.callee.type === "Identifier" && node.arguments.some((one) => this.isContext(one)) ? node.callee.name : null;
  }

  #isJoin(node: Call): boolean {
    const member = memberOf(node.callee);
    if (member === null || !JOINS.has(member) || node.callee.type !== "MemberExpression") return false;
    return node.callee.object.type === "Identifier" && node.callee.object.name === "Promise";
  }

  /** What is awaited there and is none of the context's, or null. */
  foreign(expression: Node): Node | null {
    const node = bare(expression);
    switch (node.type) {
      case "CallExpression": return this.#foreignCall(node);
      case "ImportExpression": return node;
      case "NewExpression": return node.callee.type === "Identifier" && node.callee.name === "Promise" ? node : null;
      case "ConditionalExpression": return this.foreign(node.consequent) ?? this.foreign(node.alternate);
      case "LogicalExpression": return this.foreign(node.left) ?? this.foreign(node.right);
      case "ArrayExpression": return this.#first(node.elements);
      case "Identifier": {
        const variable = variableOf(node, this.#code);
        const init = variable === null ? null : initOf(variable);
        const [definition] = variable?.defs ?? [];
        // What is taken out of a value is not that value.
        return init !== null && definition?.type === "Variable" && definition.node.id.type === "Identifier" && bare(init).type !== "AwaitExpression" && this.foreign(init) !== null ? node : null;
      }
      default: return null;
    }
  }

  #foreignCall(node: Call): Node | null {
    if (node.callee.type === "Super" || this.verbOf(node) !== null || node.arguments.some((one) => this.isContext(one))) return null;
    // It is looked at by itself.
    if (functionOf(node.callee, this.#code) !== null) return null;
    const member = memberOf(node.callee);
    if (this.#isJoin(node)) return this.#first(node.arguments);
    if (member !== null && node.callee.type === "MemberExpression") {
      if (CHAINS.has(member)) return this.foreign(node.callee.object);
      const [work] = node.arguments;
      const fn = work === undefined ? null : functionOf(work, this.#code);
      if (fn !== null) return this.#foreignResult(fn);
      return this.#isOfUnknownValue(node.callee.object) ? null : node;
    }
    return importOf(node.callee, this.#code) === null && (variableOf(node.callee, this.#code)?.defs.length ?? 0) > 0 ? null : node;
  }

  /** A method of something that the function was given, or made, may be anything. One of an import is not the context's. */
  #isOfUnknownValue(object: Node): boolean {
    const node = bare(object);
    if (node.type === "MemberExpression") return this.#isOfUnknownValue(node.object);
    if (node.type !== "Identifier") return true;
    return importOf(node, this.#code) === null && (variableOf(node, this.#code)?.defs.length ?? 0) > 0;
  }

  /** What a function without a body of its own gives, as in `items.map((item) => …)`. */
  #foreignResult(fn: FunctionNode): Node | null {
    return fn.body.type === "BlockStatement" || fn.async ? null : this.foreign(fn.body);
  }

  #first(nodes: readonly (Node | null)[]): Node | null {
    for (const node of nodes) {
      const found = node === null || node.type === "SpreadElement" ? null : this.foreign(node);
      if (found !== null) return found;
    }
    return null;
  }
}
