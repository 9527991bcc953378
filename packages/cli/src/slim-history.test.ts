// What leaves the database of a run, and what does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHistory } from "@evenkeel/core/engine";
import { slimHistory } from "./slim-history.ts";

const person = { name: "Ada", age: 36, address: { street: "Main", flats: [1, 2] } };
const history = checkHistory({
  workflow: "visit", id: "v-1",
  run: {
    status: "compensated", version: 1, generation: 0, input: { who: person }, result: "Ada", failure: { code: "LATE", message: "Ada was late" },
    startedAt: 1, endedAt: 9, inbox: [{ id: "m", name: "secret", data: "Ada" }],
    journal: [
      { kind: "requested", what: "wait", name: "arrived", names: ["arrived"], until: null },
      { kind: "requested", what: "callback", name: "sign", secret: "s3cret", until: null },
      { kind: "settled", of: 0, at: 2, end: { kind: "ok", value: { name: "arrived", data: { name: "Ada", at: 5 } } } },
      { kind: "requested", what: "step", type: "readonly", name: "look", operation: "desk.look", key: "k", noted: true },
      { kind: "settled", of: 3, at: 3, end: { kind: "failed", step: { outcome: "absent", value: { name: "Ada" } } } },
      { kind: "requested", what: "wait", name: "paid", names: ["paid"], keys: ["p-1"], until: null },
      { kind: "settled", of: 5, at: 4, end: { kind: "ok", value: { name: "paid", key: "p-1", data: { name: "Ada" } } } },
    ],
  },
}, 1);

test("Messages that wait and secrets of callbacks stay behind, and nothing else does", () => {
  const slim = slimHistory(history, []);
  assert.equal(JSON.stringify(slim).includes("s3cret"), false);
  assert.equal("inbox" in slim.run, false);
  assert.deepEqual([slim.run.input, slim.run.result, slim.run.failure, slim.redacted], [{ who: person }, "Ada", { code: "LATE", message: "Ada was late" }, undefined]);
  assert.deepEqual(slim.run.journal[3], history.run.journal[3]);
});

test("Members that are named are replaced by stand-ins of their type; names of messages, steps and outcomes stay", () => {
  const slim = slimHistory(history, ["name", "address"]);
  assert.equal(JSON.stringify(slim).includes("Ada"), false);
  assert.deepEqual(slim.run.input, { who: { name: "redacted", age: 36, address: { street: "redacted", flats: [0, 0] } } });
  assert.deepEqual(slim.run.journal[2], { kind: "settled", of: 0, at: 2, end: { kind: "ok", value: { name: "arrived", data: { name: "redacted", at: 5 } } } });
  assert.deepEqual(slim.run.journal[4], { kind: "settled", of: 3, at: 3, end: { kind: "failed", step: { outcome: "absent", value: { name: "redacted" } } } });
  assert.deepEqual(slim.run.journal[6], { kind: "settled", of: 5, at: 4, end: { kind: "ok", value: { name: "paid", key: "p-1", data: { name: "redacted" } } } });
  assert.deepEqual([slim.redacted, "result" in slim.run], [["name", "address"], false]);
});
