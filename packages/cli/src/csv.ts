// Tables as lines of text with commas (RFC 4180, without line breaks inside a value): their header, their cells, their times. What the
// columns mean is the caller's.

/** One line's cells; null when a quotation mark is left open. */
export function cellsOf(line: string): readonly string[] | null {
  if (!line.includes('"')) return line.split(",").map((cell) => cell.trim());
  const cells: string[] = [];
  let at = 0;
  while (at <= line.length) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)/.exec(line.slice(at));
    const plain = quoted ?? /^([^",]*)(?:,|$)/.exec(line.slice(at));
    if (plain === null) return null;
    cells.push(quoted === null ? (plain[1] ?? "").trim() : (plain[1] ?? "").replaceAll('""', '"'));
    at += plain[0].length;
    if (!plain[0].endsWith(",")) break;
  }
  return cells;
}

/** Lines of a stream of text, without their ends and without a byte order mark. */
export async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  let first = true;
  for await (const chunk of text) {
    const lines = (first ? rest + chunk.replace(/^\uFEFF/, "") : rest + chunk).split("\n");
    first = false;
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  if (rest !== "") yield rest;
}

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** Milliseconds since 1970, or of any clock when a number stands there; a text that says what is wrong otherwise. */
export function timeOf(cell: string): number | string {
  if (/^\d+(\.\d+)?$/.test(cell)) return Number(cell);
  const parsed = ISO.test(cell) ? Date.parse(cell.replace(" ", "T").replace(",", ".")) : NaN;
  if (!Number.isNaN(parsed)) return parsed;
  return `'${cell}' is no time: give milliseconds, or 2026-03-01T09:30:00.125Z with its zone`;
}
