// The forms keep every part of a machine's state but those that are named, with the reason, beside them: the compiler holds the lists to the machines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALL_RUNNER_PARTS } from "./calls/machine-form.ts";
import { EXECUTOR_PARTS } from "./executor/machine-form.ts";
import { TIMER_OWNER_PARTS } from "./timers/form.ts";

test("What the forms leave out of the machines is what is known to make no difference", () => {
  const leftOut = (parts: Readonly<Record<string, string>>) => Object.entries(parts).filter(([, place]) => place === "left out").map(([part]) => part);
  assert.deepEqual(leftOut(EXECUTOR_PARTS), ["settings", "nextBatch"]);
  assert.deepEqual(leftOut(TIMER_OWNER_PARTS), ["settings", "nextCommit", "refused"]);
  assert.deepEqual(leftOut(CALL_RUNNER_PARTS), [
    "settings", "callCount", "kept", "bulkheads", "busy", "timers", "timerCount", "queued", "nextCommit", "nextTicket", "controls",
  ]);
});
