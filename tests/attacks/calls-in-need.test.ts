// Attacks on calls that need attention, with the in-memory store.
import test, { describe } from "node:test";
import { memoryStore } from "@evenkeel/core";
import { nodeHost } from "@evenkeel/postgres";
import { perform, plays } from "./desk/plays.ts";

// Side by side: they mostly wait.
describe("calls in need", { concurrency: true }, () => {
  for (const play of plays) {
    test(`in memory, ${play.name}`, { timeout: 120_000 }, async () => {
      const host = nodeHost(() => undefined);
      const store = memoryStore({ host });
      await perform(play, host, () => Promise.resolve(store));
    });
  }
});
