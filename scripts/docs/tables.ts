// Reads the tables of a page: under which heading each stands, its columns and its rows. What a cell says is not judged here.
import { readMarkdown } from "../structure/markdown.ts";

interface Table {
  /** The nearest heading above it. */
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The line of its columns. */
  readonly line: number;
}

export function tablesOf(text: string): Table[] {
  const { headings, blocks } = readMarkdown(text);
  const inBlock = (line: number): boolean => blocks.some((one) => line > one.line && line <= one.line + one.code.split("\n").length);
  const lines = text.split("\n");
  const found: Table[] = [];
  for (const [index, line] of lines.entries()) {
    if (!/^\|( ?:?-+:? ?\|)+$/.test(line) || inBlock(index + 1)) continue;
    const length = lines.slice(index + 1).findIndex((one) => !one.startsWith("|"));
    const rows = lines.slice(index + 1, length < 0 ? lines.length : index + 1 + length);
    const heading = headings.findLast((one) => one.line <= index)?.text ?? "";
    found.push({ heading, columns: cellsOf(lines[index - 1] ?? ""), rows: rows.map(cellsOf), line: index });
  }
  return found;
}

function cellsOf(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

/** What stands in backticks, in order. */
export function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}
