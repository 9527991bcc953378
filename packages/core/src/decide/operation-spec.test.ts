// What a declaration of an operation refuses, for those whom no compiler tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { isEvenkeelError } from "../errors.ts";
import { checkOperation } from "./operation-spec.ts";

const schemas = { input: z.object({}), ok: z.object({}) };

/** As JavaScript may call it. */
const check: (operation: string, spec: never) => void = checkOperation;
const refusalOf = (options: object): unknown => {
  try {
    check("bank.pay", { ...schemas, ...options } as never);
    return null;
  } catch (error) {
    assert.ok(isEvenkeelError(error) && error.code === "CONFIG_INVALID" && error.message.startsWith("Operation 'bank.pay' "), String(error));
    return error.details["option"];
  }
};

test("every number of an operation is held to its bounds, and no text stands for one", () => {
  const wrong: readonly (readonly [string, object])[] = [
    ["timeoutMs", { timeoutMs: 0 }], ["timeoutMs", { timeoutMs: NaN }], ["timeoutMs", { timeoutMs: "5000" }], ["timeoutMs", { timeoutMs: Infinity }],
    ["concurrency", { concurrency: 0 }], ["concurrency", { concurrency: 1.5 }], ["attempts", { attempts: NaN }], ["attempts", { attempts: 0 }],
    ["backoffMs", { backoffMs: -1 }], ["backoffMs", { backoffMs: 60_000 }], ["maxBackoffMs", { maxBackoffMs: NaN }],
    ["deadlineMs", { deadlineMs: 0 }], ["deadlineMs", { deadlineMs: Infinity }], ["bulkhead.concurrency", { bulkhead: { name: "b", concurrency: 0 } }],
    ["reconcile", { reconcile: "never" }], ["breaker.shared", { breaker: { shared: 1 } }], ["budget.burst", { budget: { burst: 0 } }],
    ["breaker.failureRate", { breaker: { failureRate: 2 } }],
  ];
  for (const [option, options] of wrong) assert.equal(refusalOf(options), option, JSON.stringify(options));
});

test("an option that there is not is refused by its name, wherever it stands", () => {
  assert.deepEqual(
    [{ timeout: 5 }, { breaker: { share: true } }, { budget: { rate: 1 } }, { bulkhead: { name: "b", concurrency: 1, queue: 1 } }, { breaker: true }].map(refusalOf),
    ["timeout", "breaker.share", "budget.rate", "bulkhead.queue", "breaker"],
  );
});

test("what makes sense is taken as it is", () => {
  const right = [
    {}, { timeoutMs: 1, concurrency: 1, attempts: 1, backoffMs: 0, maxBackoffMs: 0, deadlineMs: 1 }, { backoffMs: 60_000, maxBackoffMs: 60_000 },
    { breaker: false, budget: false }, { breaker: { shared: true, slowMs: null } }, { reconcile: "repeat", bulkhead: { name: "b", concurrency: 2 } },
  ];
  assert.deepEqual(right.map(refusalOf), right.map(() => null));
});
