// The error table in code and the error reference in the docs list the same codes: one `### \`CODE\`` heading per row of
// ERRORS, and no heading without a row. An absent file is a finding, never a reason to pass.
import ts from "typescript";
import type { Check, Finding } from "./finding.ts";
import { readMarkdown } from "./markdown.ts";

const tableFile = "packages/core/src/errors.ts";
const docsFile = "docs/reference/errors.md";

export const errorDocs: Check = (tree) => {
  const source = tree.files.get(tableFile);
  const docs = tree.files.get(docsFile);
  const absent = [tableFile, docsFile].filter((file) => !tree.files.has(file));
  if (source === undefined || docs === undefined) return absent.map((file) => ({ file, line: 1, message: "The file does not exist." }));
  const codes = codesIn(source);
  if (codes.length === 0) return [{ file: tableFile, line: 1, message: "There is no exported object ERRORS with codes." }];
  const headings = readMarkdown(docs).headings.flatMap(({ text, line, level }) => {
    const code = /^`([A-Z][A-Z0-9_]*)`$/.exec(text)?.[1];
    return level === 3 && code !== undefined ? [{ code, line }] : [];
  });
  return [
    ...absentFrom(headings, codes).map(({ code, line }) => missing(tableFile, line, code, docsFile)),
    ...absentFrom(codes, headings).map(({ code, line }) => missing(docsFile, line, code, tableFile)),
    ...headings
      .filter(({ code }, index) => headings.findIndex((one) => one.code === code) !== index)
      .map(({ code, line }) => ({ file: docsFile, line, message: `${code} is described twice.` })),
  ];
};

type Entry = { readonly code: string; readonly line: number };

function absentFrom(list: readonly Entry[], wanted: readonly Entry[]): Entry[] {
  return wanted.filter(({ code }) => !list.some((one) => one.code === code));
}

function missing(file: string, line: number, code: string, where: string): Finding {
  return { file, line, message: `${code} is missing in ${where}.` };
}

function codesIn(text: string): Entry[] {
  const source = ts.createSourceFile(tableFile, text, ts.ScriptTarget.ESNext, true);
  const declarations = source.statements.filter(ts.isVariableStatement).flatMap((one) => [...one.declarationList.declarations]);
  const table = declarations.find((one) => one.name.getText() === "ERRORS")?.initializer;
  const object = table === undefined ? undefined : bare(table);
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return [];
  return object.properties.flatMap((property) => {
    if (property.name === undefined) return [];
    const { line } = source.getLineAndCharacterOfPosition(property.name.getStart());
    return [{ code: property.name.getText(), line: line + 1 }];
  });
}

/** The value without `as const`, `satisfies …` and brackets. */
function bare(node: ts.Expression): ts.Expression {
  return ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node) ? bare(node.expression) : node;
}
