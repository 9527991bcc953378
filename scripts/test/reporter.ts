// The reporter that node:test loads inside a test file's process: turns its events into the lines of test-event.ts.
// It decides nothing; whether a file passed is judged by the runner, outside the process under test.
import { inspect } from "node:util";
import { encodeEvent } from "./test-event.ts";

type NodeEvent = { readonly type: string; readonly data?: unknown };
type Report = {
  name: string;
  nesting: number;
  skip?: string | boolean;
  todo?: string | boolean;
  file?: string;
  line?: number;
  details?: { duration_ms?: number; type?: string; error?: unknown };
};

export default async function* report(source: AsyncIterable<NodeEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type === "test:diagnostic" && isDiagnostic(event.data)) yield encodeEvent({ kind: "figures", text: event.data.message });
    if (!isReport(event.data)) continue;
    const { name, nesting, details, file, line, skip = false, todo = false } = event.data;
    if (event.type === "test:start") yield encodeEvent({ kind: "start", name, nesting });
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const failure = details?.error;
    yield encodeEvent({
      kind: "end",
      name,
      nesting,
      skip,
      todo,
      passed: event.type === "test:pass",
      suite: details?.type === "suite",
      failedByChildren: failureType(failure) === "subtestsFailed",
      durationMs: details?.duration_ms ?? 0,
      error: failure === undefined ? "" : inspect(causeOf(failure), { depth: 8, colors: false }),
      place: file === undefined ? "" : `${file}:${line ?? 0}`,
    });
  }
}

/** Of what tests remark, the figures: others are for whoever runs the file by itself. */
function isDiagnostic(data: unknown): data is { readonly message: string } {
  return typeof data === "object" && data !== null && "message" in data && typeof data.message === "string" && data.message.startsWith("figures: ");
}

function isReport(data: unknown): data is Report {
  return typeof data === "object" && data !== null && "name" in data && "nesting" in data;
}

function failureType(error: unknown): unknown {
  return typeof error === "object" && error !== null && "failureType" in error ? error.failureType : undefined;
}

// node:test wraps what a test threw; the thrown value is what a reader needs.
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
