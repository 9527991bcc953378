// The rule `evenkeel/deterministic`: code that the platform runs again must depend on what it is given alone. It reports what this file shows; what a
// run does all the same is found by replay, at the first divergence.
import type { Rule, SourceCode } from "eslint";
import { refusedAfterPivot } from "./after-pivot.ts";
import { CLOCK, isClockDate, outsideOf } from "./outside.ts";
import { replayedCode } from "./replayed-code.ts";
import { isFunction, named, variableOf, walk, type FunctionNode, type Node } from "./syntax.ts";
import { Verbs } from "./verbs.ts";

export const deterministic: Rule.RuleModule = {
  meta: {
    type: "problem",
    docs: { description: "Refuses what makes a replay differ from the first run, in workflows and handlers of Evenkeel." },
    hasSuggestions: true,
    schema: [{
      type: "object",
      properties: { contextTypes: { type: "array", items: { type: "string" }, description: "Names of types of which a parameter is a workflow's context." } },
      additionalProperties: false,
    }],
    defaultOptions: [{ contextTypes: ["WorkflowContext"] }],
    messages: {
      outside: "`{{name}}` is another at each run of this code, which is run again from its start: {{instead}}.",
      useInstead: "Use `{{instead}}`.",
      foreign: "This awaits something that is none of `w`'s verbs, so that a replay depends on when it settles: make it an operation of a port, and a step.",
      foreignLoop: "`for await` waits for something that is none of `w`'s verbs: fetch the items in a step, and loop over its result.",
      unawaited: "`{{name}}(…)` is not awaited: the run may end before it does, and its failure is lost. Write `await`, or keep its promise and await that.",
      addAwait: "Write `await`.",
      afterPivot: "`w.{{verb}}` may not follow `w.pivot`: nothing is undone after it, and a run has one. Make it `w.retriable`, or move it before the pivot.",
    },
  },

  create(context) {
    const code = context.sourceCode;
    return {
      Program() {
        const { workflows, handlers, contexts } = replayedCode(code, typesOf(context.options[0]));
        const verbs = new Verbs(code, contexts);
        const seen = new Set<Node>();
        const refused = new Set<Node>();
        for (const fn of workflows) {
          eachOnce(fn, code, seen, (node) => {
            reportOutside(context, node, (text) => instead(node, fn, verbs, code, text));
            reportAwait(context, node, verbs);
            reportUnawaited(context, node, verbs);
          });
          for (const { call, verb } of refusedAfterPivot(fn, code, verbs)) {
            if (!refused.has(call)) context.report({ node: call, messageId: "afterPivot", data: { verb } });
            refused.add(call);
          }
        }
        for (const fn of handlers) eachOnce(fn, code, seen, (node) => { reportOutside(context, node, null); });
      },
    };
  },
};

function typesOf(options: unknown): readonly string[] {
  const types = typeof options === "object" && options !== null && "contextTypes" in options ? options.contextTypes : undefined;
  return Array.isArray(types) ? types.filter((one): one is string => typeof one === "string") : [];
}

/** Visits what runs in a function. It may stand within another that was visited. */
function eachOnce(fn: FunctionNode, code: SourceCode, seen: Set<Node>, visit: (node: Node) => void): void {
  walk(fn, code, (node) => {
    if (seen.has(node)) return false;
    seen.add(node);
    visit(node);
    // `globalThis.fetch` is one thing.
    return outsideOf(node, code) === null;
  });
}

/** @param suggested makes suggestions, in a workflow; null in a handler. */
function reportOutside(context: Rule.RuleContext, node: Node, suggested: ((textOf: (w: string) => string) => Rule.SuggestionReportDescriptor[]) | null): void {
  const code = context.sourceCode;
  const found = isClockDate(node, code) ? CLOCK : outsideOf(node, code);
  if (found === null) return;
  const name = found === CLOCK ? (node.type === "NewExpression" ? "new Date()" : "Date()") : found.name;
  const parent = code.getAncestors(node).at(-1);
  const isPlainCall = parent?.type === "CallExpression" && parent.callee === node && parent.arguments.length === 0;
  let suggest: Rule.SuggestionReportDescriptor[] = [];
  if (suggested !== null && node.type === "NewExpression") suggest = suggested((w) => `new Date(${w}.now)`);
  else if (suggested !== null && isPlainCall && found.instead !== null) suggest = suggested((w) => `${w}.${String(found.instead)}`);
  context.report({ node, messageId: "outside", data: { name, instead: suggested === null ? found.inHandler : found.inWorkflow }, suggest });
}

/** What a node can be replaced by, where the context's name is the same thing there. */
function instead(node: Node, fn: FunctionNode, verbs: Verbs, code: SourceCode, textOf: (w: string) => string): Rule.SuggestionReportDescriptor[] {
  const context = fn.params.find((one) => one.type === "Identifier" && verbs.isContext(one));
  if (context?.type !== "Identifier" || named(context.name, node, code) !== variableOf(context, code)) return [];
  const parent = code.getAncestors(node).at(-1);
  const replaced = node.type === "NewExpression" || parent === undefined ? node : parent;
  const text = textOf(context.name);
  return [{ messageId: "useInstead", data: { instead: text }, fix: (fixer) => fixer.replaceText(replaced, text) }];
}

function reportAwait(context: Rule.RuleContext, node: Node, verbs: Verbs): void {
  if (node.type === "ForOfStatement" && node.await) context.report({ node, messageId: "foreignLoop" });
  const foreign = node.type === "AwaitExpression" ? verbs.foreign(node.argument) : null;
  if (foreign !== null) context.report({ node: foreign, messageId: "foreign" });
}

function reportUnawaited(context: Rule.RuleContext, node: Node, verbs: Verbs): void {
  const code = context.sourceCode;
  if (node.type === "ExpressionStatement") {
    const expression = node.expression.type === "UnaryExpression" && node.expression.operator === "void" ? node.expression.argument : node.expression;
    const name = verbs.promised(expression);
    if (name === null) return;
    const isFixable = code.getAncestors(node).findLast(isFunction)?.async === true && expression === node.expression;
    const suggest: Rule.SuggestionReportDescriptor[] = isFixable ? [{ messageId: "addAwait", fix: (fixer) => fixer.insertTextBefore(expression, "await ") }] : [];
    context.report({ node: expression, messageId: "unawaited", data: { name }, suggest });
  }
  if (node.type !== "VariableDeclarator" || node.id.type !== "Identifier" || node.init == null) return;
  const name = verbs.promised(node.init);
  const isRead = variableOf(node.id, code)?.references.some((one) => one.isRead()) ?? true;
  if (name !== null && !isRead) context.report({ node: node.init, messageId: "unawaited", data: { name } });
}
