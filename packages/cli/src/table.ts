// Text for people: tables, ages, and values made safe for a terminal. Whatever comes from messages passes through `printable`, since it
// may hold the terminal's control sequences.

interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number;
}

/** Lines of a table; numbers stand on the right. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const lengthOf = (value: string | number | undefined): number => printable(String(value ?? "")).length;
  const widths = columns.map((column, at) => cells.reduce((widest, line) => Math.max(widest, lengthOf(line[at])), column.title.length));
  const right = columns.map((_, at) => cells.length > 0 && cells.every((line) => typeof line[at] === "number"));
  const lineOf = (values: readonly (string | number)[]): string =>
    values.map((value, at) => pad(printable(String(value)), widths[at] ?? 0, right[at] === true)).join("  ").trimEnd();
  return [columns.map((column) => column.title), ...cells].map((line) => `${lineOf(line)}\n`).join("");
}

function pad(value: string, width: number, right: boolean): string {
  return right ? value.padStart(width) : value.padEnd(width);
}

/** Shows control characters instead of sending them. */
export function printable(value: string): string {
  return value.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}

export function shorten(value: string, length: number): string {
  return value.length <= length ? value : `${value.slice(0, length - 1)}…`;
}

/** "850 ms", "12 s", "3 min", "5 h", "2 d". */
export function duration(ms: number): string {
  const units: readonly (readonly [number, string])[] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]];
  const [size, name] = units.find(([least]) => ms >= least) ?? [1, "ms"];
  return `${String(Math.floor(Math.max(0, ms) / size))} ${name}`;
}

/** "350 ms", "1.9 s", "12.5 min", "3.2 h": two or three digits that matter. */
export function spell(ms: number): string {
  const units: readonly (readonly [number, string])[] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]];
  const [size, name] = units.find(([least]) => ms >= least) ?? [1, "ms"];
  return `${String(Number((ms / size).toPrecision(ms < 10 ? 2 : 3)))} ${name}`;
}

/** "12,134". */
export function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
