// Reading money, quantities and instants exactly, or not at all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { classifyLine } from "./classifyLine.ts";
import { parseInstant, parsePence, parseQuantity } from "./orderLine.ts";

test("pounds become pence exactly, also where a binary fraction would not", () => {
  const cases: [string, number | null][] = [
    ["2.55", 255], ["8.5", 850], ["0.0", 0], ["1.15", 115], ["4.35", 435], ["38970", 3_897_000], ["0.001", 0], ["0.005", 1], ["1.005", 101],
    ["-11062.06", -1_106_206], ["-0.001", 0], ["1,5", null], ["", null], [".5", null], ["1e3", null], ["12345678901.00", null],
  ];
  for (const [text, pence] of cases) assert.equal(parsePence(text), pence, text);
  for (let pence = 0; pence < 20_000; pence += 7) assert.equal(parsePence(`${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, "0")}`), pence);
});

test("quantities are whole numbers of at most nine digits", () => {
  assert.deepEqual(["12", "-80995", "1.5", "1e3", "", " 1", "1000000000"].map(parseQuantity), [12, -80_995, null, null, null, null, null]);
});

test("instants that do not exist are refused", () => {
  assert.equal(parseInstant("2010-12-01 08:26:00"), "2010-12-01T08:26:00.000Z");
  assert.equal(parseInstant("2010-12-01 08:26"), "2010-12-01T08:26:00.000Z");
  for (const text of ["2011-02-30 10:00:00", "2011-13-01 10:00:00", "2011-01-01 25:00:00", "1/12/2010 8:26", ""]) assert.equal(parseInstant(text), null, text);
});

test("a line is a sale, a return or an adjustment by the written rules", () => {
  const kind = (invoice: string, quantity: number, pence: number): string => {
    const is = classifyLine({ invoice, quantity, pence });
    return is.kind === "adjustment" ? is.reason : is.kind;
  };
  assert.equal(kind("536365", 6, 255), "sale");
  assert.equal(kind("C536365", -6, 255), "return");
  assert.equal(kind("C536365", 6, 255), "return without returned goods");
  assert.equal(kind("A563185", 1, 1_106_206), "accounting entry");
  assert.equal(kind("536589", -10, 0), "written off");
  assert.equal(kind("536414", 56, 0), "no price");
  assert.equal(kind("C536365", -1, 0), "no price");
  assert.equal(kind("536414", 0, 100), "nothing moved");
});
