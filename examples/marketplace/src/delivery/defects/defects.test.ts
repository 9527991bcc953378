// The delivery with one thing done wrong at a time: each is found by the invariant that speaks of it, asked alone, and by the shortest way there. So each
// invariant can fail. As it ships, the delivery passes in the same scopes of one parcel; that of two is seen whole by delivery.check.test.ts, where
// EVENKEEL_SCOPES is `all`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import type { SystemReport } from "@evenkeel/checker";
import { deliveryScenario, type Scope } from "../testing/deliveryScenario.ts";
import { REFUSED, TWO, type Defect } from "./defect.ts";
import { GOODS } from "./goods.ts";
import { MONEY } from "./money.ts";
import { WORDS } from "./words.ts";

const EVERY: readonly Defect[] = [...MONEY, ...GOODS, ...WORDS];

const page = readFileSync(new URL("../../../../../docs/concepts/what-the-checker-finds.md", import.meta.url), "utf8");

function wayOf({ trace, reason }: SystemReport): string {
  return `${reason}\n${(trace?.steps ?? []).map(({ tale }) => `${tale?.actor ?? ""}: ${tale?.what ?? ""}`).join("\n")}`;
}

for (const { planted, broken, scope, property, steps } of EVERY) {
  test(`It is found by ${property} when ${planted}`, async () => {
    const report = await deliveryScenario(scope, broken, property).explore({ maxStates: 200_000 });
    const found = { verdict: report.verdict, property: report.trace?.property.startsWith(property), steps: (report.trace?.steps.length ?? 0) - 1 };
    assert.deepEqual(found, { verdict: "violated", property: true, steps }, wayOf(report));
    const row = `| ${planted} | ${/^INV-\d+/.exec(property)?.[0] ?? "each answered once"} | ${String(steps)} | ${report.distinct.toLocaleString("en-US")} |`;
    assert.ok(page.includes(row), `what-the-checker-finds.md has no row: ${row}`);
  });
}

test("Every invariant of the delivery has a defect that breaks it", () => {
  const { invariants, eventually } = deliveryScenario({ shipments: ["s-1"] }).definition;
  const names = Object.keys({ ...invariants, ...eventually });
  for (const { property } of EVERY) assert.equal(names.filter((name) => name.startsWith(property)).length, 1, `'${property}' is to name one property`);
  assert.deepEqual(names.filter((name) => name.startsWith("INV-") && !EVERY.some(({ property }) => name.startsWith(property))), []);
});

test("Nothing is found in the same scopes of one parcel as the delivery ships", async () => {
  const scopes = new Map<string, Scope>(EVERY.filter(({ scope }) => scope !== TWO).map(({ scope }) => [JSON.stringify(scope), scope]));
  for (const scope of scopes.values()) {
    const report = await deliveryScenario(scope).explore();
    // Of an order that its reviewer refuses nothing is ever delivered.
    assert.deepEqual([report.verdict, report.unexpanded], [scope === REFUSED ? "vacuous" : "pass", 0], wayOf(report));
  }
});
