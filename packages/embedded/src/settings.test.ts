// The settings file: durability is left alone, the caller's values win, and no value can break out of its quotes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { renderSettings } from "./settings.ts";

test("no default weakens durability", () => {
  assert.doesNotMatch(renderSettings({ port: 1 }, {}), /fsync|synchronous_commit|full_page_writes/);
});

test("on a socket the server listens on no port, and on a port only for this machine", () => {
  assert.match(renderSettings({ socketFolder: "/s" }, {}), /^listen_addresses = ''$/m);
  assert.match(renderSettings({ port: 6000 }, {}), /^listen_addresses = '127\.0\.0\.1'$/m);
});

test("the caller's settings replace the defaults", () => {
  const text = renderSettings({ port: 1 }, { max_connections: "20" });
  assert.deepEqual(text.match(/^max_connections.*$/gm), ["max_connections = '20'"]);
});

test("quotes and backslashes in a value stay inside it", () => {
  assert.match(renderSettings({ port: 1 }, { cluster_name: "it's a \\" }), /^cluster_name = 'it''s a \\\\'$/m);
});
