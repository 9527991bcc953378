// A call, and a request about one, as JSON for programs: times as ISO 8601, bodies as data.
import type { CallControlEntry, CallEntry } from "@evenkeel/core/spi";
import { dataOf, iso } from "./dead-letter-shape.ts";

export function callShape({ input, deadlineInMs, dueInMs, control, ...rest }: CallEntry): Readonly<Record<string, unknown>> {
  const now = Date.now();
  return { ...rest, input: dataOf(input), dueAt: iso(now + dueInMs), deadlineAt: iso(now + deadlineInMs), request: control };
}

export function callControlShape({ outcome, requestedAt, doneAt, ...rest }: CallControlEntry): Readonly<Record<string, unknown>> {
  return {
    ...rest, outcome: outcome === null ? null : { kind: outcome.name, value: dataOf(outcome.value) },
    requestedAt: iso(requestedAt), doneAt: doneAt === null ? null : iso(doneAt),
  };
}
