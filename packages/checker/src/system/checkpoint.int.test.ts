// The search of a system that ends in the middle goes on in another process to the same end; another check's file is refused, and what
// differs is named.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

type Given = Readonly<Record<string, unknown>>;

/** Explores in a new process; what it prints. */
function explore(given: Given, options: Given): Given {
  const script = fileURLToPath(new URL("./testing/explore-bookings.ts", import.meta.url));
  const run = spawnSync(process.execPath, [...process.execArgv.filter((one) => !one.startsWith("--test")), script, JSON.stringify(given), JSON.stringify(options)], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Given;
}

/** Without what depends on the process: its time, its memory, and how many handlers it ran itself. */
function comparable({ seconds: _s, peakMemoryBytes: _m, handlerRuns: _h, ...report }: Given): Given {
  return report;
}

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-checkpoint-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "search");
}

const seed = Number(process.env["SEED"] ?? randomInt(1_000_000));

for (const given of [{}, { rooms: 2, duplicates: 0, opaque: true }]) {
  test(`a search of ${JSON.stringify(given)} that stopped at any level ends in another process as it would have (SEED=${seed})`, (t) => {
    const whole = explore(given, {});
    assert.ok(Number(whole["distinct"]) > 5_000, String(whole["distinct"]));
    const depth = Number(whole["depth"]);
    const file = fileFor(t);
    const first = 2 + (seed % (depth - 4));
    for (const maxDepth of [first, first + 2]) {
      const part = explore(given, { maxDepth, checkpoint: { file, eachSeconds: 0 } });
      assert.deepEqual([part["verdict"], part["depth"]], ["bounded", maxDepth]);
    }
    assert.ok(existsSync(file));
    assert.deepEqual(comparable(explore(given, { checkpoint: { file } })), comparable(whole));
    assert.equal(existsSync(file), false);
  });
}

test("several threads do not explore a system, and say so", () => {
  const { code, message } = explore({}, { workers: 2 });
  assert.equal(code, "CONFIG_INVALID");
  assert.match(String(message), /cannot be explored by 2 workers: the steps of a system/);
});

test("a file of a check with other services, faults or messages is refused, and the message names what differs", (t) => {
  const file = fileFor(t);
  explore({}, { maxDepth: 4, checkpoint: { file, eachSeconds: 0 } });
  const refused = (given: Given, what: string, options: Given = {}): void => {
    const { code, message } = explore(given, { checkpoint: { file }, ...options });
    assert.equal(code, "CHECKPOINT_MISMATCH");
    assert.ok(String(message).includes(what), String(message));
  };
  refused({ returns: false }, 'differs in the service "hotel"');
  refused({ duplicates: 0 }, "the faults");
  refused({ opaque: true }, "the statements");
  refused({}, "the seed", { seed: 1 });
  // A constant that code closes over has no text: it shows in what follows from it.
  refused({ rooms: 0 }, "what its first states lead to");
  assert.ok(existsSync(file));
});
