// The errors: every code is documented, every message names a way out, and what the server says is recognised.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startFailed } from "./advice.ts";
import { findBinaries } from "./binaries.ts";
import { EmbeddedError, embeddedErrorCodes } from "./errors.ts";

test("the README documents exactly the codes that exist", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const documented = new Set(readme.match(/EMBEDDED_[A-Z_]+/g));
  assert.deepEqual([...documented].sort(), [...embeddedErrorCodes].sort());
});

test("a platform without binaries is a typed error that names the setting to use instead", () => {
  assert.throws(() => findBinaries("freebsd", "x64"), (error: unknown) => {
    assert.ok(error instanceof EmbeddedError);
    assert.equal(error.code, "EMBEDDED_UNAVAILABLE");
    assert.match(error.message, /no embedded PostgreSQL for freebsd-x64: .* Set EVENKEEL_DATABASE_URL to/);
    return true;
  });
});

const words: Record<string, RegExp> = {
  "could not write to file: No space left on device": /disk is full/,
  "could not bind IPv4 address \"127.0.0.1\": Address already in use": /another `port`/,
  "data directory \"/d\" has invalid permissions: Permission denied": /may not use/,
  "mkdir: Read-only file system": /read-only/,
  "Unix-domain socket path \"/a/b\" is too long (maximum 107 bytes)": /shorter path/,
  "incorrect checksum in control file": /damaged/,
  "could not map anonymous shared memory: Cannot allocate memory": /shared_buffers/,
  "ENOTDIR: not a directory, mkdir '/d/lock'": /A file stands where the folder should be/,
  "something never heard of": /Read what the server said/,
};

for (const [said, advice] of Object.entries(words)) {
  test(`"${said}" gets advice, and is quoted`, () => {
    const { code, message } = startFailed("/d", "it ended", [said]);
    assert.equal(code, "EMBEDDED_START_FAILED");
    assert.match(message, advice);
    assert.ok(message.endsWith(`The server said:\n  ${said}`));
  });
}
