// Steps that may not follow the pivot, in code that runs straight on from it: in the statements after the one that has it, in the same block. What
// stands in branches before is left to the first run, which refuses it.
import type { SourceCode } from "eslint";
import { isFunction, walk, type Call, type Node } from "./syntax.ts";
import type { Verbs } from "./verbs.ts";

/** The calls of a function that are refused after a pivot. */
export function refusedAfterPivot(fn: Node, code: SourceCode, verbs: Verbs): readonly { readonly call: Call; readonly verb: string }[] {
  const found = new Map<Call, string>();
  walk(fn, code, (node) => {
    if (node !== fn && isFunction(node)) return false;
    if (node.type !== "BlockStatement") return true;
    const at = node.body.findIndex((statement) => decides(statement, code, verbs));
    if (at === -1) return true;
    for (const statement of node.body.slice(at + 1)) {
      walk(statement, code, (one) => {
        const verb = verbs.verbOf(one);
        if (one.type === "CallExpression" && verb !== null && isRefused(one, verb)) found.set(one, verb);
        return true;
      });
    }
    return true;
  });
  return [...found].map(([call, verb]) => ({ call, verb }));
}

const STRAIGHT = new Set([
  "ExpressionStatement", "VariableDeclaration", "VariableDeclarator", "AwaitExpression", "AssignmentExpression", "BlockStatement", "CallExpression", "ArrayExpression",
]);

/** Whether whoever is past this statement is past a pivot. */
function decides(statement: Node, code: SourceCode, verbs: Verbs): boolean {
  let pivot = false;
  walk(statement, code, (node) => {
    if (verbs.verbOf(node) === "pivot") pivot = true;
    if (node.type === "TryStatement") {
      pivot ||= decides(node.block, code, verbs) || (node.finalizer != null && decides(node.finalizer, code, verbs));
      return false;
    }
    return STRAIGHT.has(node.type);
  });
  return pivot;
}

function isRefused(call: Call, verb: string): boolean {
  if (verb === "step" || verb === "pivot") return true;
  const options = verb === "ask" ? call.arguments[1] : undefined;
  if (options?.type !== "ObjectExpression") return false;
  return options.properties.some((one) => one.type === "Property" && !one.computed && one.key.type === "Identifier" && one.key.name === "undo");
}
