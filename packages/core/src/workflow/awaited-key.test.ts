// What is kept of a key: who is given which message, once, and what is kept for whom and how long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, came, forgotten, isEmpty, left, NOTHING_AWAITED, unasked, type AwaitedKey, type Forwarding } from "./awaited-key.ts";

const wait = (run: string, request = 0, names = ["paid"], generation = 0) => ({ run, generation, request, names });
const message = (id: string, name = "paid") => ({ id, name, data: { id } });
const given = ({ given: all }: Forwarding): readonly string[] =>
  all.map((one) => `${one.message.id} to ${one.wait.run} ${String(one.wait.request)}`);

function after(...ids: readonly string[]): AwaitedKey {
  return ids.reduce((key, id, at) => came(key, message(id), at).after, NOTHING_AWAITED);
}

test("A message is given to each run that waits for its name, at its first wait alone, and the others stand", () => {
  let key = NOTHING_AWAITED;
  for (const one of [wait("a", 0), wait("a", 1), wait("b", 0, ["refused"]), wait("c", 0, ["refused", "paid"])]) key = asked(key, one).after;
  const first = came(key, message("m-1"), 5);
  assert.deepEqual(given(first), ["m-1 to a 0", "m-1 to c 0"]);
  assert.deepEqual(first.after.waits, [wait("a", 1), wait("b", 0, ["refused"])]);
  assert.deepEqual(first.after.kept, [{ ...message("m-1"), at: 5, to: ["a", "c"] }]);
});

test("Who asks is given the first message that it was not given before, and waits where there is none", () => {
  const key = after("m-1", "m-2");
  const first = asked(key, wait("a", 0));
  const second = asked(first.after, wait("a", 1));
  const third = asked(second.after, wait("a", 2, undefined, 1));
  assert.deepEqual([given(first), given(second), given(third)], [["m-1 to a 0"], ["m-2 to a 1"], []]);
  assert.deepEqual(given(asked(third.after, wait("b"))), ["m-1 to b 0"]);
  assert.deepEqual(unasked(first.after).map(({ id }) => id), ["m-2"]);
  assert.deepEqual(left(third.after, wait("a", 2)).waits.length, 1, "that request of another generation stands");
  assert.deepEqual(left(third.after, wait("a", 2, [], 1)).waits, []);
});

test("Of messages that were given the newest hundred are kept, of the others all until their time is over", () => {
  let key = after("unasked");
  for (let count = 0; count < 130; count++) key = came(asked(key, wait("a", count, ["refused"])).after, message(`m-${String(count)}`, "refused"), count).after;
  assert.deepEqual([key.kept.length, key.kept[0]?.id, key.kept[1]?.id, key.kept.at(-1)?.id], [101, "unasked", "m-30", "m-129"]);
  key = forgotten(key, "unasked", 128);
  assert.deepEqual(key.kept.map(({ id }) => id), ["m-128", "m-129"]);
  key = forgotten(key, "m-128", 0);
  assert.equal(isEmpty(forgotten(key, "m-129", 0)), true);
});
