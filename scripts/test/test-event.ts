// The line format between a test file's process and the runner: one JSON object per event, written by reporter.ts inside
// the process, read by the runner. It carries what the runner judges and prints, nothing else.

export type TestEvent =
  | { readonly kind: "start"; readonly nesting: number; readonly name: string }
  /** What a test measured, as it said with `t.diagnostic("figures: …")`. */
  | { readonly kind: "figures"; readonly text: string }
  | {
      readonly kind: "end";
      readonly nesting: number;
      readonly name: string;
      readonly passed: boolean;
      readonly suite: boolean;
      /** True when the test failed only because tests inside it did: those are counted, it is not. */
      readonly failedByChildren: boolean;
      readonly skip: string | boolean;
      readonly todo: string | boolean;
      readonly durationMs: number;
      readonly error: string;
      readonly place: string;
    };

export function encodeEvent(event: TestEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Reads a report; a last line cut off by a killed process is left out. */
export function decodeEvents(text: string): TestEvent[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => readEvent(JSON.parse(line)));
}

function readEvent(value: unknown): TestEvent {
  const fields = fieldsOf(value);
  const nesting = typeof fields["nesting"] === "number" ? fields["nesting"] : 0;
  const name = textOf(fields["name"]);
  if (fields["kind"] === "figures") return { kind: "figures", text: textOf(fields["text"]) };
  if (fields["kind"] === "start") return { kind: "start", nesting, name };
  if (fields["kind"] !== "end") throw new Error(`The report of a test file holds a line of unknown kind: ${JSON.stringify(value)}.`);
  return {
    kind: "end",
    nesting,
    name,
    passed: fields["passed"] === true,
    suite: fields["suite"] === true,
    failedByChildren: fields["failedByChildren"] === true,
    skip: markOf(fields["skip"]),
    todo: markOf(fields["todo"]),
    durationMs: typeof fields["durationMs"] === "number" ? fields["durationMs"] : 0,
    error: textOf(fields["error"]),
    place: textOf(fields["place"]),
  };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function markOf(value: unknown): string | boolean {
  return typeof value === "string" || typeof value === "boolean" ? value : false;
}
