// A breaker that several workers share, with the in-memory store.
import test, { describe } from "node:test";
import { memoryStore } from "@evenkeel/core";
import { nodeHost } from "@evenkeel/postgres";
import { plays } from "./fleet/plays.ts";

// Side by side: they mostly wait.
describe("a shared breaker", { concurrency: true }, () => {
  for (const play of plays) {
    test(`in memory, ${play.name}`, { timeout: 120_000 }, async () => {
      const events: string[] = [];
      const host = nodeHost((_level, event) => { events.push(event); });
      const store = memoryStore({ host });
      await play.run({ host, events, store: () => Promise.resolve(store) });
    });
  }
});
