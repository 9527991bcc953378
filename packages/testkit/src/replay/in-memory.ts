// The in-memory store as a place for replays, with the twins of declared SQL that the scenario brings.
import { memoryStore } from "@evenkeel/core";
import type { ReplayPlace } from "./replay.ts";

/** An empty store in this process. Declared SQL runs as the scenario's twins say, each statement by itself. */
export function inMemory(): ReplayPlace {
  return {
    name: "in memory",
    open: (host, { statements }) => {
      let tables = statements?.tables;
      const twins = Object.entries(statements?.twins ?? {}).map(([name, twin]) => [name, (values: readonly (string | null)[]): number => {
        const done = twin(tables, values);
        tables = done.tables;
        return done.rows;
      }] as const);
      return Promise.resolve({ store: memoryStore({ host, statements: Object.fromEntries(twins) }), close: () => Promise.resolve() });
    },
  };
}
