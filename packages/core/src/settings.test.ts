// What settings refuse, for those whom no compiler tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "./errors.ts";
import { DEFAULT_SETTINGS, parseSettings } from "./settings.ts";

const refused = (input: object): boolean => {
  try {
    parseSettings(input);
    return false;
  } catch (error) {
    assert.ok(isEvenkeelError(error) && error.code === "CONFIG_INVALID", String(error));
    return true;
  }
};

test("a setting that there is not, or whose value makes no sense, is refused", () => {
  const wrong = [
    { leaseSeconds: 2 }, { leaseMs: "2000" }, { leaseMs: 1 }, { partitions: 257 }, { spread: "partition" }, { retry: { maxAttempt: 2 } }, { retry: 3 },
    { retry: { maxAttempts: 0 } }, { retry: { baseMs: 5, maxMs: 1 } }, { waitMs: NaN },
  ];
  assert.deepEqual(wrong.filter((input) => !refused(input)), []);
});

test("what is not given has its default", () => {
  const retry = { ...DEFAULT_SETTINGS.retry, maxAttempts: 2 };
  assert.deepEqual(parseSettings({ leaseMs: 500, retry: { maxAttempts: 2 } }), { ...DEFAULT_SETTINGS, leaseMs: 500, retry });
});
