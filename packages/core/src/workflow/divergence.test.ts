// What the code of a workflow asks for, held against what its journal says: as data, whatever names and keys look like.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sameRequest } from "./divergence.ts";
import type { Requested } from "./journal.ts";

type Wait = Extract<Requested, { what: "wait" }>;

function wait(names: readonly string[], keys?: readonly (string | null)[], more: Partial<Wait> = {}): Wait {
  return { kind: "requested", what: "wait", name: names.join("' or '"), names, ...(keys === undefined ? {} : { keys }), until: null, ...more };
}

test("Waits are the same where each message and each key is, and not where only their words are", () => {
  const same: readonly (readonly [Wait, Wait])[] = [
    [wait(["paid"]), wait(["paid"])],
    [wait(["paid"], ["p-1"]), wait(["paid"], ["p-1"])],
    [wait(["paid", "picked"], [null, null]), wait(["paid", "picked"])],
    [wait(["paid"], undefined, { receives: true }), wait(["paid"])],
  ];
  for (const [recorded, made] of same) assert.ok(sameRequest(recorded, made), JSON.stringify([recorded, made]));
  const different: readonly (readonly [Wait, Wait])[] = [
    [wait(["paid"], ["p-1"]), wait(["paid"], ["p-2"])],
    [wait(["paid"], ["p-1"]), wait(["paid"])],
    [wait(["paid", "picked"]), wait(["picked", "paid"])],
    [wait(["paid", "picked"]), wait(["paid"])],
    // One key that looks as two waits do.
    [wait(["paid", "paid"], ["a", "b"]), wait(["paid"], ["a' or 'paid' of 'b"])],
    [wait(["paid", "refused"], ["a", null]), wait(["paid"], ["a' or 'refused"])],
    [wait(["paid"]), wait(["paid"], undefined, { receives: true })],
  ];
  for (const [recorded, made] of different) assert.ok(!sameRequest(recorded, made), JSON.stringify([recorded, made]));
});
