// When printed and promised output agree.
import assert from "node:assert/strict";
import test from "node:test";
import { differenceOf } from "./same-output.ts";

test("equal text agrees, spaces at line ends aside", () => assert.equal(differenceOf("a \nb\n\n", "a\nb"), undefined));

test("an ellipsis stands for any text within one line, and for nothing more", () => {
  assert.equal(differenceOf("took 12 ms (ok)", "took … ms (ok)"), undefined);
  assert.match(differenceOf("took 12 ms\n(ok)", "took … (ok)") ?? "", /^Line 1/);
});

test("the first differing, missing or additional line is named", () => {
  assert.equal(differenceOf("a\nb", "a\nc"), 'Line 2 of the output is "b"; the page says "c".');
  assert.equal(differenceOf("a", "a\nb"), 'Line 2 of the output is missing; the page says "b".');
  assert.equal(differenceOf("a\nb", "a"), 'Line 2 of the output is "b"; the page says missing.');
});
