// Which code of a file is run again by the platform: functions given to `workflow(…)` and to `.on(…)` and `.outcome(…)` of a service, and what they
// call in the same file. Code in other files is found by the type of its parameter alone.
import type { Scope, SourceCode } from "eslint";
import { bare, functionOf, importOf, initOf, isFunction, memberOf, parameterOf, variableOf, walk, type Call, type FunctionNode, type Node } from "./syntax.ts";

interface ReplayedCode {
  /** Functions that workflows are made of. */
  readonly workflows: ReadonlySet<FunctionNode>;
  readonly handlers: ReadonlySet<FunctionNode>;
  /** What stands for a workflow's context, `w`. */
  readonly contexts: ReadonlySet<Scope.Variable>;
}

/** @param contextTypes names of types of which a parameter is a workflow's context. */
export function replayedCode(code: SourceCode, contextTypes: readonly string[]): ReplayedCode {
  const found = { workflows: new Set<FunctionNode>(), handlers: new Set<FunctionNode>(), contexts: new Set<Scope.Variable>() };
  walk(code.ast, code, (node) => {
    if (node.type === "CallExpression") addRoots(node, code, found);
    if (isFunction(node)) addTyped(node, code, contextTypes, found);
    return true;
  });
  follow(found.workflows, code, found.contexts);
  follow(found.handlers, code, new Set());
  return found;
}

type Found = { readonly workflows: Set<FunctionNode>; readonly handlers: Set<FunctionNode>; readonly contexts: Set<Scope.Variable> };

function addRoots(call: Call, code: SourceCode, { workflows, handlers, contexts }: Found): void {
  if (importOf(call.callee, code)?.[1] === "workflow") {
    const fn = call.arguments[2] === undefined ? null : functionOf(call.arguments[2], code);
    if (fn === null) return;
    workflows.add(fn);
    const context = parameterOf(fn, 1, code);
    if (context !== null) contexts.add(context);
    return;
  }
  const member = memberOf(call.callee);
  const given = call.arguments[1];
  if ((member !== "on" && member !== "outcome") || given === undefined || call.callee.type !== "MemberExpression" || !isService(call.callee.object, code)) return;
  const handler = functionOf(given, code);
  if (handler !== null) handlers.add(handler);
  if (given.type !== "ObjectExpression") return;
  for (const property of given.properties) {
    const one = property.type === "Property" ? functionOf(property.value, code) : null;
    if (one !== null) handlers.add(one);
  }
}

/** Whether an expression is `service(…)`, or that with handlers. */
function isService(expression: Node, code: SourceCode): boolean {
  const node = bare(expression);
  if (node.type === "CallExpression") {
    if (importOf(node.callee, code)?.[1] === "service") return true;
    return node.callee.type === "MemberExpression" && isService(node.callee.object, code);
  }
  const variable = variableOf(node, code);
  const init = variable === null ? null : initOf(variable);
  return init !== null && isService(init, code);
}

/** A function with a parameter whose type says that it is a context. */
function addTyped(fn: FunctionNode, code: SourceCode, types: readonly string[], { workflows, contexts }: Found): void {
  for (const [at, parameter] of fn.params.entries()) {
    const type = /^\w+\s*\??\s*:\s*(?:Readonly<\s*)?(\w+)/.exec(code.getText(parameter))?.[1];
    const context = type !== undefined && types.includes(type) ? parameterOf(fn, at, code) : null;
    if (context === null) continue;
    workflows.add(fn);
    contexts.add(context);
  }
}

/** Adds the functions of this file that these call, and the parameters that they are given a context as. */
function follow(functions: Set<FunctionNode>, code: SourceCode, contexts: Set<Scope.Variable>): void {
  for (let before = -1; before !== functions.size + contexts.size;) {
    before = functions.size + contexts.size;
    // What is added meanwhile is visited, too.
    for (const fn of functions) {
      walk(fn, code, (node) => {
        if (node.type !== "CallExpression") return true;
        const called = functionOf(node.callee, code);
        if (called === null) return true;
        functions.add(called);
        for (const [at, argument] of node.arguments.entries()) {
          const given = variableOf(argument, code);
          const taken = given !== null && contexts.has(given) ? parameterOf(called, at, code) : null;
          if (taken !== null) contexts.add(taken);
        }
        return true;
      });
    }
  }
}
