// The bytes of an exchange, message by message. That a server takes them is the business of the tests against one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "./exchange.ts";

/** Each message as its code and its content; whatever is left over fails. */
function messagesOf(bytes: Buffer): readonly (readonly [string, Buffer])[] {
  const messages: (readonly [string, Buffer])[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    messages.push([String.fromCharCode(bytes[at] ?? 0), bytes.subarray(at + 5, end)]);
    at = end;
  }
  assert.equal(at, bytes.length);
  return messages;
}

test("A statement that the connection knows is bound, executed and synced, each value by its length and format", () => {
  const [bind, execute, sync, ...more] = messagesOf(encode("kept", null, ["ö", null, 12, true, Buffer.from([1, 2, 3])]));
  assert.equal(more.length, 0);
  assert.equal(bind?.[0], "B");
  const values = Buffer.concat([
    Buffer.from("\0kept\0"), Buffer.from([0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5]),
    Buffer.from([0, 0, 0, 2]), Buffer.from("ö"), Buffer.from([255, 255, 255, 255]), Buffer.from([0, 0, 0, 2]), Buffer.from("12"),
    Buffer.from([0, 0, 0, 4]), Buffer.from("true"), Buffer.from([0, 0, 0, 3, 1, 2, 3]), Buffer.from([0, 0]),
  ]);
  assert.deepEqual(bind[1], values);
  assert.deepEqual(execute, ["E", Buffer.from([0, 0, 0, 0, 0])]);
  assert.deepEqual(sync, ["S", Buffer.alloc(0)]);
});

test("One that it does not know is parsed before", () => {
  const messages = messagesOf(encode("new", "select 'ü'", []));
  assert.deepEqual(messages.map(([code]) => code), ["P", "B", "E", "S"]);
  assert.deepEqual(messages[0]?.[1], Buffer.concat([Buffer.from("new\0select 'ü'\0"), Buffer.from([0, 0])]));
});
