// What is taken for a recorded run, and what is refused with its line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "../errors.ts";
import { otherWorkflow, readHistories } from "./history.ts";

const step = { kind: "requested", what: "step", type: "pivot", name: "charge", operation: "shop.charge", key: "k" };
const run = { status: "running", version: 1, generation: 0, input: { orderId: "o-1" }, startedAt: 5, endedAt: null, journal: [step] };
const line = (of: object): string => JSON.stringify({ workflow: "checkout", id: "o-1", ...of });

function refusal(text: string): { readonly message: string; readonly line: unknown } {
  try {
    readHistories(text);
  } catch (error) {
    assert.ok(isEvenkeelError(error) && error.code === "HISTORY_INVALID", String(error));
    return { message: error.message, line: error.details["line"] };
  }
  return assert.fail(`It was taken: ${text}`);
}

test("Fields that nobody knows are left alone, empty lines passed over, and the tenant defaults to the one of applications without tenants", () => {
  const answered = { kind: "requested", what: "answer", name: "order.asked", to: "m-1" };
  assert.equal(readHistories(line({ run: { ...run, cuts: [{ requests: 1, generation: 0 }], journal: [step, answered] } })).length, 1);
  const text = `${line({ run: { ...run, journal: [{ ...step, noted: true }], colour: "red" }, more: 1 })}\n\n${line({ tenant: "acme", run })}\n`;
  const histories = readHistories(text);
  assert.deepEqual(histories.map(({ tenant }) => tenant), ["default", "acme"]);
  assert.deepEqual(histories[0]?.run.journal, [{ ...step, noted: true }]);
});

test("What is no recorded run is refused with its line, and why", () => {
  const fine = line({ run });
  const cases: readonly (readonly [string, RegExp])[] = [
    [`${fine}\n{"workflow":`, /^Line 2 is no recorded run: it is not JSON/],
    [`${fine}\n[]`, /^Line 2 .*not an object/],
    [`\n${line({ run: { ...run, status: "asleep" } })}`, /^Line 2 .*the status "asleep", which is none/],
    [line({ run: { ...run, status: "awaited" } }), /had not begun/],
    [line({ run: { ...run, journal: [step, { kind: "pondered" }] } }), /entry 1 of the journal of run 'o-1' has the kind "pondered", which this version does not know/],
    [line({ run: { ...run, journal: [{ kind: "requested", what: "toString" }] } }), /the what "toString"/],
    [line({ run: { ...run, journal: [{ ...step, operation: 3 }] } }), /has no string as its `operation`/],
    [line({ run: { ...run, journal: [step, { kind: "settled", of: 1, at: 5, end: { kind: "ok" } }] } }), /about entry 1, which does not stand before it/],
    [line({ run: { ...run, journal: [step, { kind: "settled", of: 0, at: 5, end: { kind: "maybe" } }] } }), /has the kind "maybe"/],
    [line({ run: { ...run, journal: [{ kind: "requested", what: "wait", name: "paid", names: ["paid"], keys: [] }] } }), /`keys` that do not stand beside/],
    [line({ run: { ...run, version: "1" } }), /no number as its `version`/],
    [line({ run: { ...run, cuts: [1] } }), /has `cuts` that are none/],
    [line({}), /lacks `run`/],
    ["{}", /lacks `workflow` or `id`/],
    ["\n \n", /no recorded run at all/],
  ];
  for (const [text, message] of cases) assert.match(refusal(text).message, message);
  assert.equal(refusal(`${fine}\n${fine}\nx`).line, 3);
});

test("A run of another workflow is refused with the ones that are there", () => {
  const [history] = readHistories(line({ run }));
  assert.ok(history);
  const error = otherWorkflow(history, 7, ["delivery"]);
  assert.deepEqual([error.code, error.details], ["HISTORY_INVALID", { line: 7, workflow: "checkout", known: ["delivery"] }]);
});
