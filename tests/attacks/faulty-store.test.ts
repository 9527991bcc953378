// The whole application on the in-memory store, whose commits and publishes fail in every way the interface allows: three workers in one
// process, many seeds.
import assert from "node:assert/strict";
import test from "node:test";
import { memoryStore } from "@evenkeel/core";
import { nodeHost } from "@evenkeel/postgres";
import { faultyStore, seededFaults } from "@evenkeel/testkit";
import { audit, settle } from "./ledger/audit.ts";
import { accountsOf } from "./ledger/attack-test.ts";
import { createLedger, flaky, localBank } from "./ledger/ledger-app.ts";
import { Posted } from "./ledger/messages.ts";
import { randomOf, runSeed } from "./ledger/random.ts";
import { MIXED, postOf } from "./ledger/task.ts";

const SEEDS = 4;
const LAST = 20;

for (let index = 0; index < SEEDS; index++) {
  test(`a store that fails now and then loses and doubles nothing: ${String(index + 1)} of ${String(SEEDS)}`, async () => {
    const seed = (runSeed() + index) >>> 0;
    const random = randomOf(seed);
    const host = nodeHost(() => undefined);
    const sound = memoryStore({ host });
    const faulty = Array.from({ length: 3 }, (_, number) => faultyStore(sound, seededFaults({ seed: seed + number, rate: 0.1 }), host));
    const book = new Map<string, readonly string[]>();
    const apps = await Promise.all(faulty.map((store) => createLedger({ store, host, bank: localBank(book), misbehaviour: flaky(random) })));
    const reader = await createLedger({ store: sound, host, bank: localBank(book) });
    await Promise.all(apps.map((app) => app.start()));
    const accounts = accountsOf(8);
    await Promise.all(accounts.map(async (account, at) => {
      for (let n = 1; n <= LAST; n++) {
        await apps[at % apps.length]?.publish(Posted(postOf(account, n, MIXED)), { idempotencyKey: `${account}/${String(n)}` });
      }
    }));
    const expected = { accounts: new Map(accounts.map((account) => [account, LAST])), flavours: MIXED };
    const pending = await settle(reader, sound, expected, 60_000);
    const faults = pending === null ? await audit(sound, expected, book) : [`still pending: ${pending}`];
    await Promise.all([...apps, reader].map((app) => app.stop()));
    // Over all stores: one that owned little may have been spared.
    assert.ok(faulty.some((store) => store.injected().length > 0), `nothing was injected (seed ${String(seed)})`);
    assert.equal(faults.length, 0, `the audit is not clean (the same again: EVENKEEL_SEED=${String(seed)}):\n${faults.join("\n")}`);
  });
}
