// Turns beside others and alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Alone } from "./alone.ts";

function scene() {
  const turns = new Alone();
  const began: string[] = [];
  const ask = (name: string, way: "beside" | "alone"): Promise<() => void> => turns.ask(way).then((end) => {
    began.push(name);
    return end;
  });
  return { turns, began, ask };
}

test("whoever is alone begins when nobody else is at work, and keeps all others waiting, in the order of asking", async () => {
  const { turns, began, ask } = scene();
  const first = turns.tryBeside() ?? assert.fail("nobody is alone");
  const second = await ask("second", "beside");
  const alone = ask("alone", "alone");
  const behind = ask("behind", "beside");
  const last = ask("last", "alone");
  assert.equal(turns.tryBeside(), null, "nobody overtakes whoever waits to be alone");
  first();
  first();
  await Promise.resolve();
  assert.deepEqual(began, ["second"], "ended twice counts once");
  second();
  const endAlone = await alone;
  assert.deepEqual([began, turns.tryBeside()], [["second", "alone"], null]);
  endAlone();
  (await behind)();
  (await last)();
  assert.deepEqual(began, ["second", "alone", "behind", "last"]);
  assert.notEqual(turns.tryBeside(), null);
});
