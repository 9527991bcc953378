// Whole runs with an outage of the payment provider, one of each kind, as the command line makes them: everything settles, the audit is
// clean, and the provider sees no more requests than there are calls and the retry budget allows. All counts are the provider's own. Rates and
// lateness are printed and not judged, since on a machine with other work they say little: their bounds are held in virtual time
// (outage-bystanders.simulation.test.ts and its neighbours in packages/core).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
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
    loadRatio: z.number().nullable(), probes: z.int(), mostAtOnce: z.int().nullable(),
    otherServicesMs: z.strictObject({ before: Spread, during: Spread }), otherServicesRatio: z.number().nullable(),
    held: z.strictObject({ load: z.boolean().nullable(), otherServices: z.boolean().nullable(), deadlines: z.boolean() }),
    lateCalls: z.int(), settledSeconds: z.number().nullable(),
  }),
  audit: z.object({ violations: z.array(z.unknown()) }),
});

/** So many that the breaker has its twenty calls soon, also while other work keeps the machine busy. */
const ORDERS = 200;

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

type Seen = z.infer<typeof Result>["outage"];

/** Of the requests during an outage: every order is charged once or refunded, and what is repeated is a tenth of the traffic. */
function sawNoStorm(t: TestContext, { kind, requestsPerSecond, loadRatio, seconds, lateCalls, otherServicesRatio }: Seen): void {
  const requests = requestsPerSecond.during * seconds;
  t.diagnostic(`figures: ${kind}: ${requests.toFixed(0)} requests during it, ${loadRatio === null ? "no load before" : `${String(loadRatio)} of the load before`}; ` +
    `${String(lateCalls)} calls late; other services' p99 ${otherServicesRatio === null ? "not seen" : `${String(otherServicesRatio)} of before`}`);
  assert.ok(requests <= 1.1 * ORDERS, `${String(requests)} requests during the outage, and ${String(ORDERS)} orders`);
}

// Side by side, since each run mostly waits for its outage, the longest first.
describe("an outage of the payment provider", { concurrency: 4 }, () => {
  test("hang:14: while it hangs one probe at a time is under way", async (t) => {
    const { outage: seen, audit, parked } = await runWith("hang:14", 44);
    assert.deepEqual(audit.violations, []);
    assert.equal(parked, 0);
    sawNoStorm(t, seen);
    assert.ok((seen.mostAtOnce ?? 0) <= 1, JSON.stringify(seen));
    assert.ok(seen.probes >= 1);
    assert.ok(seen.settledSeconds !== null);
  });

  const runs: readonly (readonly [string, readonly string[]])[] = [["down", ["--workers", "2"]], ["refuse", []], ["drop", []], ["500", []]];
  for (const [index, [kind, more]] of runs.entries()) {
    test(`${[kind, ...more].join(" ")}: no order is lost or charged twice, and the provider sees no storm`, async (t) => {
      let seen: Seen | null = null;
      // On a machine that is busy otherwise too few calls meet a short outage for the breaker to open: then once more, with a longer one.
      for (let seconds = 6; seconds <= 24 && (seen?.probes ?? 0) === 0; seconds *= 2) {
        const { outage, audit, parked } = await runWith(`${kind}:${String(seconds)}`, 40 + index, more);
        assert.deepEqual(audit.violations, []);
        assert.equal(parked, 0);
        sawNoStorm(t, outage);
        seen = outage;
      }
      assert.ok(seen !== null && seen.probes >= 1, "its return was found out by probes");
      assert.ok(seen.settledSeconds !== null);
    });
  }

  test("decline:5: declines are answers: no breaker opens, every order ends at once, and none is charged", async (t) => {
    const { outage: seen, orders, audit } = await runWith("decline:5", 45);
    assert.deepEqual(audit.violations, []);
    assert.ok((orders["compensated"] ?? 0) > 0, "the declined orders were compensated");
    assert.equal(seen.probes, 0);
    sawNoStorm(t, seen);
    assert.ok(seen.requestsPerSecond.during > 0, "calls went on");
  });
});
