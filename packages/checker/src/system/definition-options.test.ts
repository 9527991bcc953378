// What a check of services is held to where nobody checks types: the names of its options.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, isEvenkeelError, service } from "@evenkeel/core";
import { z } from "zod";
import { check, scenario } from "../index.ts";

const Pay = command("pay", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const paying = service("paying").on(Pay, () => undefined);
const right = { system: [paying], when: [Pay({ id: "a" })] };

const MISSPELLED: readonly (readonly [option: string, definition: object, known: RegExp])[] = [
  ["fault", { fault: { duplicates: 1 } }, /known ones are name, system, .*faults, .*reductions\.$/],
  ["faults.duplicate", { faults: { duplicate: 1 } }, /known ones are faults\.duplicates, faults\.crashes, .*faults\.ports\.$/],
  ["faults.port", { faults: { port: {} } }, /known ones are faults\.duplicates, /],
  ["statements.twin", { statements: { tables: {}, twin: {} } }, /known ones are statements\.tables, statements\.twins\.$/],
  ["perKey.invariant", { perKey: { invariant: {} } }, /known ones are perKey\.invariants, perKey\.eventually\.$/],
  ["reductions.retire", { reductions: { retire: true } }, /known ones are reductions\.partialOrder, reductions\.retired\.$/],
];

for (const [option, extra, known] of MISSPELLED) {
  test(`a check with ${option} is refused by that name before anything is explored, and so is a scenario`, async () => {
    const misspelled = { ...right, name: "paid once", ...extra };
    const refusal = (error: unknown): boolean => {
      assert.ok(isEvenkeelError(error));
      assert.match(error.message, known);
      assert.ok(error.message.startsWith(`The check 'paid once' has ${option}, and there is no such option: `), error.message);
      assert.deepEqual([error.code, error.details], ["CONFIG_INVALID", { option }]);
      return true;
    };
    await assert.rejects(check(misspelled), refusal);
    assert.throws(() => scenario(misspelled), refusal);
  });
}

test("a check with the options that there are is explored", async () => {
  const all = { ...right, name: "paid", faults: { duplicates: 1, crashes: 0 }, perKey: { eventually: {} }, reductions: { retired: false }, attempts: 2 };
  assert.equal((await check(all)).verdict, "pass");
  assert.equal((await check(scenario(all))).verdict, "pass");
});
