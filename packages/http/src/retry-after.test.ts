// Both forms of Retry-After, by the examples of RFC 9110.
import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterMs } from "./retry-after.ts";

const NOW = Date.UTC(1994, 10, 6, 8, 49, 7);
const MAX = 300_000;

test("seconds are seconds", () => {
  assert.equal(retryAfterMs("120", undefined, NOW, MAX), 120_000);
  assert.equal(retryAfterMs(" 0 ", undefined, NOW, MAX), 0);
});

test("a date in each of its three forms counts from the host's clock where the answer has no date", () => {
  for (const date of ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]) {
    assert.equal(retryAfterMs(date, undefined, NOW, MAX), 30_000, date);
  }
});

test("a date counts from the answer's own date, whatever our clock says", () => {
  assert.equal(retryAfterMs("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:27 GMT", NOW + 86_400_000, MAX), 10_000);
  assert.equal(retryAfterMs("Sun, 06 Nov 1994 08:49:37 GMT", "yesterday", NOW, MAX), 30_000, "an answer's date that cannot be read is none");
});

test("a date that has passed is now, and nothing is longer than the cap", () => {
  assert.equal(retryAfterMs("Sun, 06 Nov 1994 08:49:07 GMT", "Sun, 06 Nov 1994 09:00:00 GMT", NOW, MAX), 0);
  assert.equal(retryAfterMs("Sun, 06 Nov 2044 08:49:07 GMT", undefined, NOW, MAX), MAX);
  assert.equal(retryAfterMs("9".repeat(400), undefined, NOW, MAX), MAX);
});

test("a year of two digits is the nearest that is not more than 50 years ahead", () => {
  const in2026 = Date.UTC(2026, 0, 1);
  assert.equal(retryAfterMs("Thursday, 01-Jan-26 00:00:30 GMT", undefined, in2026, MAX), 30_000);
  assert.equal(retryAfterMs("Saturday, 01-Jan-77 00:00:30 GMT", undefined, in2026, MAX), 0, "1977, not 2077");
});

test("what is neither form asks for nothing", () => {
  for (const text of [undefined, "", "soon", "-5", "1.5", "2026-01-01T00:00:00Z", "Sun, 06 Foo 1994 08:49:37 GMT"]) {
    assert.equal(retryAfterMs(text, undefined, NOW, MAX), null, String(text));
  }
});
