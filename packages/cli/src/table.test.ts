// Tables, ages and safe text for people.
import assert from "node:assert/strict";
import test from "node:test";
import { duration, printable, shorten, table } from "./table.ts";

test("a table has a title line, numbers on the right, and no blanks at the end", () => {
  const rows = [{ name: "payments", lag: 7 }, { name: "stock", lag: 1200 }];
  const text = table(rows, [{ title: "LAG", value: (row) => row.lag }, { title: "GROUP", value: (row) => row.name }]);
  assert.equal(text, " LAG  GROUP\n   7  payments\n1200  stock\n");
});

test("text from messages cannot command the terminal", () => {
  assert.equal(printable("a\u001b[31mred\u009b2J\u202eb\nc"), "a\\u001b[31mred\\u009b2J\\u202eb\\u000ac");
  assert.equal(table([{ key: "\u001b[2J" }], [{ title: "KEY", value: (row) => row.key }]), "KEY\n\\u001b[2J\n");
});

test("durations are told in one unit", () => {
  const told = [-5, 0, 850, 12_400, 180_000, 18_000_000, 172_800_000].map(duration);
  assert.deepEqual(told, ["0 ms", "0 ms", "850 ms", "12 s", "3 min", "5 h", "2 d"]);
});

test("long text is cut with a mark", () => {
  assert.deepEqual([shorten("abc", 3), shorten("abcd", 3)], ["abc", "ab…"]);
});
