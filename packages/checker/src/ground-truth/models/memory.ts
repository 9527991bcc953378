// Processors read and write a memory, one request each at a time. After specifications/SpecifyingSystems/CachingMemory/InternalMemory.tla and
// MCInternalMemory.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced, sequences } from "../persistent.ts";

type Request = { readonly kind: "read"; readonly address: number } | { readonly kind: "write"; readonly address: number; readonly value: string };

interface Processor {
  readonly at: "ready" | "busy" | "done";
  /** The request, then its answer; null is the answer to a write. */
  readonly buffer: Request | string | null;
}

interface State {
  readonly memory: readonly string[];
  readonly processors: readonly Processor[];
  /** What went over the interface last. */
  readonly last: readonly [number, Request | string | null];
}

interface Constants {
  readonly processors: number;
  readonly addresses: number;
  readonly values: readonly string[];
}

export function memory({ processors, addresses, values }: Constants) {
  const requests = range(0, addresses - 1).flatMap((address): Request[] => [
    { kind: "read", address },
    ...values.map((value): Request => ({ kind: "write", address, value })),
  ]);
  const idle: Processor = { at: "ready", buffer: null };
  return model({
    name: "memory",
    init: function* (): Iterable<State> {
      for (const contents of sequences(values, addresses)) {
        yield { memory: contents, processors: range(1, processors).map(() => idle), last: [0, null] };
      }
    },
    actions: {
      request: (s, next) => {
        s.processors.forEach(({ at: where }, p) => {
          if (where !== "ready") return;
          for (const request of requests) {
            next({ ...s, processors: replaced(s.processors, p, { at: "busy", buffer: request }), last: [p, request] }, p);
          }
        });
      },
      do: (s, next) => {
        s.processors.forEach(({ at: where, buffer }, p) => {
          if (where !== "busy" || buffer === null || typeof buffer === "string") return;
          const answer = buffer.kind === "read" ? at(s.memory, buffer.address) : null;
          const contents = buffer.kind === "read" ? s.memory : replaced(s.memory, buffer.address, buffer.value);
          next({ ...s, memory: contents, processors: replaced(s.processors, p, { at: "done", buffer: answer }) }, p);
        });
      },
      answer: (s, next) => {
        s.processors.forEach(({ at: where, buffer }, p) => {
          if (where === "done") next({ ...s, processors: replaced(s.processors, p, { at: "ready", buffer }), last: [p, buffer] }, p);
        });
      },
    },
    invariants: {
      "the buffer holds a request while one is served": (s) =>
        s.processors.every(({ at: where, buffer }) => (where === "busy") === (typeof buffer === "object" && buffer !== null)),
    },
  });
}
