// The life of an order, fact by fact.
import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, replay, UNKNOWN_ORDER } from "./orderState.ts";

const FORWARD = ["order.placed", "stock.reserved", "payment.captured", "label.booked", "stock.sold"];
const ANSWERS = ["stock.released", "payment.refunded", "label.voided"];

test("an order that meets no trouble is confirmed, and nothing moves it from there", () => {
  assert.equal(replay(FORWARD), "confirmed");
  for (const fact of [...FORWARD.slice(1), ...ANSWERS, "cancel-order", "payment.declined"]) assert.equal(replay([...FORWARD, fact]), "confirmed");
});

test("a cancellation is taken at every step before the last, and over once all three have answered, in any order", () => {
  for (let step = 1; step < FORWARD.length; step += 1) {
    const cancelled = [...FORWARD.slice(0, step), "cancel-order"];
    assert.equal(replay(cancelled), "cancelling");
    for (const [a, b, c] of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
      const answers = [ANSWERS[a ?? 0] ?? "", ANSWERS[b ?? 0] ?? "", ANSWERS[c ?? 0] ?? ""];
      assert.equal(replay([...cancelled, ...answers.slice(0, 2)]), "cancelling");
      assert.equal(replay([...cancelled, ...answers]), "cancelled");
    }
  }
});

test("a late success changes nothing about a cancellation under way", () => {
  assert.equal(replay(["order.placed", "cancel-order", "stock.reserved", "payment.captured", "label.booked", "stock.sold"]), "cancelling");
});

test("a declined card and a refused label compensate once stock and money are back; an answer given twice counts once", () => {
  assert.equal(replay(["order.placed", "stock.reserved", "payment.declined"]), "failing");
  assert.equal(replay(["order.placed", "stock.reserved", "payment.declined", "stock.released", "stock.released"]), "failing");
  assert.equal(replay(["order.placed", "stock.reserved", "payment.declined", "stock.released", "payment.nothing-to-refund"]), "compensated");
  assert.equal(replay(["order.placed", "stock.reserved", "payment.captured", "label.failed", "payment.refunded", "stock.released"]), "compensated");
});

test("a stuck refund needs attention, whatever else is answered, until the refund is made", () => {
  const stuck = ["order.placed", "stock.reserved", "payment.captured", "label.failed", "refund.stuck"];
  assert.equal(replay(stuck), "needs attention");
  assert.equal(replay([...stuck, "stock.released"]), "needs attention");
  assert.equal(replay([...stuck, "stock.released", "payment.refunded"]), "compensated");
  assert.equal(replay([...stuck, "payment.refunded"]), "failing");
});

test("facts of an order that was never placed say nothing", () => {
  for (const fact of [...FORWARD.slice(1), "cancel-order", ...ANSWERS]) assert.deepEqual(advance(UNKNOWN_ORDER, fact), UNKNOWN_ORDER);
});
