// Few processes hint every ten milliseconds, many take turns, and those that are gone do not count.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HintPace } from "./hint-pace.ts";

test("all senders of hints together send a thousand a second at most, however many they are", () => {
  const pace = new HintPace();
  assert.equal(pace.gapMs(0), 10, "alone");
  for (let sender = 1; sender <= 9; sender++) pace.heard(String(sender), 5);
  assert.equal(pace.gapMs(6), 10, "ten");
  for (let sender = 10; sender <= 99; sender++) for (const now of [7, 8]) pace.heard(String(sender), now);
  assert.equal(pace.gapMs(9), 100, "a hundred, each every 100 ms");
  pace.heard("1", 10_010);
  assert.equal(pace.gapMs(10_011), 10, "those that fell silent are forgotten");
});
