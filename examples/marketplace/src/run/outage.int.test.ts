// Whole runs with an outage of the payment provider, one of each kind, as the command line makes them: everything settles, the audit is
// clean, and the provider sees no more than its normal load and the retry budget. All counts are the provider's own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { inheritedOptions } from "../provider/start.ts";
import { testDatabase } from "../testing/scene.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const Spread = z.strictObject({ messages: z.int(), p50: z.number().nullable(), p99: z.number().nullable() });
const Result = z.object({
  orders: z.record(z.string(), z.int()), parked: z.int(),
  outage: z.strictObject({
    kind: z.string(), seconds: z.number(),
    requestsPerSecond: z.strictObject({ before: z.number(), during: z.number(), after: z.number() }),
    loadRatio: z.number(), probes: z.int(), mostAtOnce: z.int().nullable(),
    otherServicesMs: z.strictObject({ before: Spread, during: Spread }), otherServicesRatio: z.number().nullable(),
    held: z.strictObject({ load: z.boolean(), otherServices: z.boolean().nullable(), deadlines: z.boolean() }),
    lateCalls: z.int(), settledSeconds: z.number().nullable(),
  }),
  audit: z.object({ violations: z.array(z.unknown()) }),
});

/** So many that the breaker has its twenty calls soon, also while other work keeps the machine busy. */
const ORDERS = 260;

let folder = "";
before(async () => { folder = await mkdtemp(join(tmpdir(), "marketplace-outage-")); });
after(() => rm(folder, { recursive: true, force: true }));

async function runWith(outage: string, seed: number, more: readonly string[] = []): Promise<z.infer<typeof Result>> {
  const options = [...more, "--limit", String(ORDERS), "--outage", outage, "--database", testDatabase(), "--seed", String(seed), "--json"];
  console.log(`seed ${seed}: ${outage}`);
  const { code, out, words } = await new Promise<{ code: number; out: string; words: string }>((resolve) => {
    execFile(process.execPath, [...inheritedOptions(process.execArgv), MAIN, ...options], { cwd: folder, maxBuffer: 2 ** 24 }, (error, out, words) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, words });
    });
  });
  assert.equal(code, 0, `seed ${seed}, ${outage}: ${out}${words}`);
  return Result.parse(JSON.parse(out.trimEnd().split("\n").at(-1) ?? ""));
}

// Side by side, since each run mostly waits for its outage, the longest first; but its rates mean nothing if too many share the machine.
describe("an outage of the payment provider", { concurrency: 3 }, () => {
  test("hang:19: while it hangs one probe at a time is under way", async () => {
    const { outage: seen, audit, parked } = await runWith("hang:19", 44);
    assert.deepEqual(audit.violations, []);
    assert.equal(parked, 0);
    assert.ok(seen.held.load, JSON.stringify(seen));
    assert.equal(seen.mostAtOnce, 1);
    assert.equal(seen.lateCalls, 0);
    assert.ok(seen.settledSeconds !== null);
  });

  const runs: readonly (readonly [string, readonly string[]])[] = [["down:6", ["--workers", "2"]], ["refuse:6", []], ["drop:6", []], ["500:6", []]];
  for (const [index, [outage, more]] of runs.entries()) {
    test(`${[outage, ...more].join(" ")}: no order is lost or charged twice, and the provider sees less than its normal load`, async () => {
      const { outage: seen, audit, parked } = await runWith(outage, 40 + index, more);
      assert.deepEqual(audit.violations, []);
      assert.equal(parked, 0);
      assert.ok(seen.requestsPerSecond.before > 5, "there was a load");
      assert.ok(seen.held.load, JSON.stringify(seen));
      assert.ok(seen.probes >= 1, "its return was found out by probes");
      assert.ok(seen.held.deadlines, JSON.stringify(seen));
      assert.ok(seen.settledSeconds !== null);
      assert.ok(seen.otherServicesMs.during.messages > 50, "the services without the port went on");
    });
  }

  test("decline:5: declines are answers: no breaker opens, every order ends at once, and none is charged", async () => {
    const { outage: seen, orders, audit } = await runWith("decline:5", 45);
    assert.deepEqual(audit.violations, []);
    assert.ok((orders["compensated"] ?? 0) > 20, "the declined orders were compensated");
    assert.equal(seen.probes, 0);
    assert.ok(seen.requestsPerSecond.during > 0.5 * seen.requestsPerSecond.before, "calls went on");
    assert.equal(seen.lateCalls, 0);
  });
});
