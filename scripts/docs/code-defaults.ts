// Reads from the sources what an option is when nobody gives it: `{ attempts = 3 }`, `options.poolSize ?? 10`, a member of an object that is called
// DEFAULT_…; through constants and simple sums. What it cannot read has no default here; the caller says what that means.
import ts from "typescript";
import type { Declarations, SourceText } from "./declarations.ts";

/** A literal as JSON; undefined: it is none. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const UNIT_MS: Readonly<Record<string, number>> = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, ms: 1 };

/** The defaults that these files give, by the option's name: several, where they do not agree. Durations are in milliseconds. */
export function codeDefaults(declarations: Declarations, paths: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const note = (name: string, value: Json | undefined): void => {
    if (value !== undefined) found.set(name, (found.get(name) ?? new Set()).add(JSON.stringify(inMs(value))));
  };
  for (const file of paths.map((path) => declarations.file(path))) {
    const valueOf = (node: ts.Expression): Json | undefined => literal(node, file, declarations);
    const visit = (node: ts.Node): void => {
      if (ts.isBindingElement(node) && node.initializer !== undefined) note((node.propertyName ?? node.name).getText(), valueOf(node.initializer));
      if (ts.isParameter(node) && node.initializer !== undefined) note(node.name.getText(), valueOf(node.initializer));
      if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
        note(lastName(node.left), valueOf(node.right));
      }
      if (ts.isVariableDeclaration(node) && /^DEFAULT_/.test(node.name.getText()) && node.initializer !== undefined) {
        const value = valueOf(node.initializer);
        if (typeof value === "object" && value !== null && !Array.isArray(value)) for (const [name, one] of Object.entries(value)) note(name, one);
      }
      ts.forEachChild(node, visit);
    };
    visit(file.source);
  }
  return found;
}

function lastName(node: ts.Expression): string {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isIdentifier(node) ? node.text : "";
}

/** A duration as an object, in milliseconds; anything else as it is. */
function inMs(value: Json): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const parts = Object.entries(value);
  const sums = parts.map(([unit, count]) => (UNIT_MS[unit] ?? NaN) * Number(count));
  return parts.length > 0 && sums.every(Number.isFinite) ? sums.reduce((sum, one) => sum + one, 0) : value;
}

function literal(node: ts.Expression, file: SourceText, declarations: Declarations): Json | undefined {
  const again = (inner: ts.Expression): Json | undefined => literal(inner, file, declarations);
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) return again(node.expression);
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isStringLiteral(node)) return node.text;
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return node.kind === ts.SyntaxKind.TrueKeyword;
  if (node.kind === ts.SyntaxKind.NullKeyword) return null;
  if (ts.isBinaryExpression(node)) {
    const [left, right] = [again(node.left), again(node.right)];
    if (typeof left !== "number" || typeof right !== "number") return undefined;
    return node.operatorToken.kind === ts.SyntaxKind.AsteriskToken ? left * right
      : node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken ? left ** right : undefined;
  }
  if (ts.isArrayLiteralExpression(node)) {
    const values = node.elements.map(again);
    return values.every((one) => one !== undefined) ? values : undefined;
  }
  if (ts.isObjectLiteralExpression(node)) {
    const parts = node.properties.map((one): readonly [string, Json | undefined] =>
      [one.name?.getText() ?? "", ts.isPropertyAssignment(one) ? again(one.initializer) : undefined]);
    return parts.every((one): one is readonly [string, Json] => one[1] !== undefined) ? Object.fromEntries(parts) : undefined;
  }
  if (!ts.isIdentifier(node)) return undefined;
  const constant = declarations.constant(node.text, file);
  return constant?.node.initializer === undefined ? undefined : literal(constant.node.initializer, constant.file, declarations);
}
