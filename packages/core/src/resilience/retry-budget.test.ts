// The rules of the retry budget, one sentence each, in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { affordableAt, DEFAULT_RETRY_BUDGET, earn, newRetryBudget, spend, type RetryBudgetSettings } from "./retry-budget.ts";

/** Retries made when every call of a steady load fails and wants one. */
function retriesOf(settings: RetryBudgetSettings, callsPerSecond: number, seconds: number): number {
  const budget = newRetryBudget(settings, 0);
  let retries = 0;
  for (let call = 0; call < callsPerSecond * seconds; call++) {
    const nowMs = (call * 1_000) / callsPerSecond;
    earn(budget, settings, nowMs);
    if (spend(budget, settings, nowMs)) retries++;
  }
  return retries;
}

test("when every call of steady traffic fails, retries are a tenth of it and what was saved up", () => {
  // Of the ten saved one tenth is missing: the first call found the budget full.
  assert.equal(retriesOf(DEFAULT_RETRY_BUDGET, 20, 60), 120 + 9);
  assert.equal(retriesOf(DEFAULT_RETRY_BUDGET, 1_000, 60), 6_000 + 9);
});

test("quiet traffic may retry at the floor's rate: it is not on top of what calls earn", () => {
  assert.equal(retriesOf({ ...DEFAULT_RETRY_BUDGET, perSecond: 1 }, 2, 60), 59 + 10);
  assert.equal(retriesOf({ ...DEFAULT_RETRY_BUDGET, perSecond: 0 }, 2, 60), 12 + 9);
});

test("no more than the burst is saved up, however long all went well", () => {
  const budget = newRetryBudget(DEFAULT_RETRY_BUDGET, 0);
  for (let call = 0; call < 10_000; call++) earn(budget, DEFAULT_RETRY_BUDGET, call);
  let retries = 0;
  while (spend(budget, DEFAULT_RETRY_BUDGET, 10_000)) retries++;
  assert.equal(retries, 10);
});

test("ten calls earn one retry, in spite of the sums of 0.1", () => {
  const settings = { ratio: 0.1, perSecond: 0, burst: 1 };
  const budget = newRetryBudget(settings, 0);
  assert.ok(spend(budget, settings, 0));
  for (let call = 0; call < 9; call++) earn(budget, settings, 0);
  assert.ok(!spend(budget, settings, 0));
  earn(budget, settings, 0);
  assert.ok(spend(budget, settings, 0));
});

test("it says when a retry can be paid for at the latest, and keeps its word", () => {
  const settings = { ratio: 0.1, perSecond: 2, burst: 1 };
  const budget = newRetryBudget(settings, 1_000);
  assert.equal(affordableAt(budget, settings, 1_000), 1_000);
  assert.ok(spend(budget, settings, 1_000));
  assert.equal(affordableAt(budget, settings, 1_000), 1_500);
  assert.ok(!spend(budget, settings, 1_499));
  assert.ok(spend(budget, settings, 1_500));
  assert.equal(affordableAt(newRetryBudget(settings, 0), { ...settings, perSecond: 0 }, 0), 0);
});

test("a clock that stands still or goes back earns nothing", () => {
  const budget = newRetryBudget(DEFAULT_RETRY_BUDGET, 5_000);
  for (let retry = 0; retry < 10; retry++) spend(budget, DEFAULT_RETRY_BUDGET, 5_000);
  assert.ok(!spend(budget, DEFAULT_RETRY_BUDGET, 4_000));
  assert.ok(!spend(budget, DEFAULT_RETRY_BUDGET, 5_000));
});
