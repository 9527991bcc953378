// What a workflow's function gives and JSON cannot carry: a dead letter that says which run, what of it, and where in the value.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { workflow } from "./define.ts";
import { checkJson, notJson } from "./not-json.ts";
import { OrderData, OrderPicked, shop, shopApp } from "./testing/shop.ts";

const SECOND = 1_000;
const base = { input: OrderData, ports: { shop } } as const;

function cycle(): object {
  const one: { self?: object } = {};
  one.self = { of: one };
  return one;
}

const values: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  bigint: [{ lines: [{ pence: 1 }, { pence: 1n }] }, /at 'lines\.1\.pence': it is a bigint/],
  function: [{ total: () => 1 }, /at 'total': it is a function/],
  root: [() => 1, /at its root: it is a function/],
  symbol: [[Symbol("s")], /at '0': it is a symbol/],
  cycle: [{ inner: cycle() }, /at 'inner\.self\.of': it holds itself/],
  text: [{ note: "a\u0000b" }, /at 'note': it holds the character U\+0000/],
  written: [{ at: { toJSON: () => 5n } }, /at 'at': it is a bigint/],
};

test("A result that JSON cannot carry is a dead letter that names the run and the place, and the run goes on when the code is mended", async () => {
  const giving = workflow("giving", base, ({ orderId }) => Promise.resolve(values[orderId]?.[0]));
  const { app, done, pass, stop } = await shopApp(setImmediate, [giving], [giving.start]);
  for (const id of Object.keys(values)) await done(app.publish(giving.start({ id, input: { orderId: id } })));
  await pass(SECOND);
  const letters = new Map((await done(app.deadLetters.list())).map(({ key, code, reason }) => [key, `${code} ${reason}`]));
  for (const [id, [, where]] of Object.entries(values)) {
    assert.match(letters.get(id) ?? "", new RegExp(`^DATA_NOT_JSON .*the result of run '${id}' of workflow 'giving', ${where.source}`), id);
  }
  await stop();
});

test("A step's input, an undo's input, an answer and the input of a next generation that JSON cannot carry are told so, too", async () => {
  const asking = workflow("asking", { ...base, waitsFor: [OrderPicked] }, async (order, w) => {
    const huge = { orderId: order.orderId, lines: [{ pence: 1n }] };
    try {
      if (order.orderId === "step") await w.step("reserve", shop.reserve, huge, { undo: shop.release });
      const { answer } = await w.receive(OrderPicked);
      if (order.orderId === "answer") answer(huge);
      if (order.orderId === "next") return await w.continueAsNew(huge);
    } catch {
      return "as if nothing were wrong";
    }
    await w.step("reserve", shop.reserve, order, { undo: shop.release, undoInput: () => huge });
    await w.readonly("charge", shop.charge, order);
    return "done";
  });
  const { app, behaviour, done, pass, stop } = await shopApp(setImmediate, [asking], [asking.start, OrderPicked]);
  behaviour["charge"] = { outcome: "declined", value: { reason: "no" } };
  for (const id of ["step", "answer", "next", "undo"]) {
    await done(app.publish(asking.start({ id, input: { orderId: id } })));
    await done(app.publish(OrderPicked({ orderId: id })));
  }
  await pass(5 * SECOND);
  const letters = new Map((await done(app.deadLetters.list())).map(({ key, code, reason }) => [key, `${code} ${reason}`]));
  const place = "at 'lines.0.pence': it is a bigint";
  assert.match(letters.get("step") ?? "", new RegExp(`^DATA_NOT_JSON .*the input of step 'reserve' of run 'step' of workflow 'asking', ${place}`));
  assert.match(letters.get("answer") ?? "", new RegExp(`^DATA_NOT_JSON .*the answer to 'order.picked' of run 'answer' of workflow 'asking', ${place}`));
  assert.match(letters.get("next") ?? "", new RegExp(`^DATA_NOT_JSON .*the next input of run 'next' of workflow 'asking', ${place}`));
  assert.match(letters.get("undo") ?? "", new RegExp(`^DATA_NOT_JSON .*the input of the undo of step 'reserve' of run 'undo' of workflow 'asking', ${place}`));
  await stop();
});

test("What JSON carries is none of it, and what cannot even be looked at is told all the same", () => {
  const twice = { a: 1 };
  for (const value of [undefined, null, 1, "x", [1, { a: [true] }], new Date(0), { one: twice, other: twice }, { a: undefined }]) checkJson(value, "it");
  const named = { a: { "b\u0000": 1 } };
  assert.throws(() => { checkJson(named, "it"); }, { code: "DATA_NOT_JSON", message: /at 'a': the name of a member holds the character U\+0000/ });
  const throwing = { a: { get b(): never { throw new Error("closed"); } } };
  const unwritten = { a: { toJSON: (): never => { throw new Error("closed"); } } };
  for (const [value, where] of [[throwing, /at 'a\.b': reading it throws Error: closed/], [unwritten, /at 'a': its `toJSON` throws Error: closed/]] as const) {
    assert.throws(() => { checkJson(value, "it"); }, { code: "DATA_NOT_JSON", message: where });
    assert.match(notJson(value, "it", undefined).message, where);
  }
});
