// Calls by the shipping call runner, exhaustively within each scope; and broken on purpose, one rule at a time, each found by its shortest trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFound, keepsFutures, passes, type Found, type Seen } from "../testing/pinned.ts";
import { calls } from "./calls.ts";
import { CALL_MUTANTS } from "./mutants.ts";
import { CALL_SCOPES } from "./scopes.ts";

type Scope = keyof typeof CALL_SCOPES;

const SEEN: Readonly<Record<Scope, Seen>> = {
  crash: { distinct: 0, depth: 0 },
  requesting: { distinct: 0, depth: 0 },
  troubles: { distinct: 0, depth: 0 },
  deadlines: { distinct: 0, depth: 0 },
  takeover: { distinct: 0, depth: 0 },
  takeoverOfTwo: { distinct: 0, depth: 0 },
  handover: { distinct: 0, depth: 0 },
};

for (const [name, scope] of Object.entries(CALL_SCOPES)) {
  test(`Calls hold in every world of the scope '${name}'`, async (t) => {
    await passes(t, calls(name, scope), SEEN[name as Scope]);
  });
}

const FOUND: Readonly<Record<keyof typeof CALL_MUTANTS, Found & { readonly in: Scope }>> = {
  "a commit's fence is not looked at": { in: "takeover", property: "", moves: 0 },
  "the row stays when its outcome is appended": { in: "crash", property: "", moves: 0 },
  "the row goes before its outcome is appended": { in: "crash", property: "", moves: 0 },
  "doubt is taken for success": { in: "crash", property: "", moves: 0 },
  "doubt is taken for failure": { in: "crash", property: "", moves: 0 },
  "a takeover forgets that an attempt may have begun": { in: "troubles", property: "", moves: 0 },
  "calls of a key do not wait for each other": { in: "takeoverOfTwo", property: "", moves: 0 },
  "an unknown end is taken for not performed": { in: "troubles", property: "", moves: 0 },
};

for (const [name, engine] of Object.entries(CALL_MUTANTS)) {
  const { in: scope, property, moves } = FOUND[name as keyof typeof FOUND];
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, calls(name, CALL_SCOPES[scope], engine), { property, moves });
  });
}

test("What the form of a world of calls leaves out makes no difference to what can follow", (t) => {
  for (const [name, scope] of Object.entries(CALL_SCOPES)) {
    const compared = keepsFutures(calls(name, scope), 1_000, 3);
    t.diagnostic(`${name}: ${String(compared)} pairs`);
    assert.ok(compared > 50, `too few pairs were compared in '${name}'`);
  }
});
