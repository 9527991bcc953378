// The provider's outages: questions that fail like all else, nobody who listens, and what it counts of all that.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { charge, findCharge } from "../testing/providerClient.ts";
import { readHealth, readTraffic } from "./operate.ts";
import { ProviderError } from "./providerError.ts";
import { startProvider, type Provider } from "./start.ts";

let provider: Provider;
before(async () => { provider = await startProvider(); });
beforeEach(() => provider.setFaults({}));
after(() => provider.stop());

const body = { orderId: "order-1", customer: "17850", pence: 1_530 };
const codeOf = (call: Promise<unknown>): Promise<string> => call.then(() => "answered", (error: unknown) => {
  assert.ok(error instanceof ProviderError, String(error));
  return `${error.code} ${error.performed}`;
});
const counted = async (): Promise<number> => (await readTraffic(provider.url)).buckets.reduce((sum, [, requests]) => sum + requests, 0);

test("faults meet questions by key only where they are told to", async () => {
  const { url } = provider;
  await charge({ url, key: "asked", body });
  await provider.setFaults({ error500: 1 });
  assert.equal(await codeOf(findCharge({ url, key: "asked" })), "answered");
  await provider.setFaults({ error500: 1, questions: true });
  assert.match(await codeOf(findCharge({ url, key: "asked" })), /^PROVIDER_FAILED/);
});

test("a provider that nobody hears of refuses connections, and listens again at its address with all it knew", async () => {
  const { url } = provider;
  await charge({ url, key: "before", body });
  // Where this process stands still, it may come after the outage: then once more, with a longer one.
  let round = 0;
  for (let said = "answered"; said === "answered";) {
    round += 1;
    await provider.setFaults({ refuseForMs: 300 * round });
    // It begins once this was answered.
    for (let up = true, looks = 0; up && looks < 20; looks += 1) up = await readHealth(url).then(() => true, () => false);
    said = await codeOf(charge({ url, key: `meanwhile ${round}`, body }));
    assert.match(said, /^answered$| no$/);
    let health = null;
    while (health === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      health = await readHealth(url).catch(() => null);
    }
    assert.equal(health.kind, "up");
  }
  assert.deepEqual((await findCharge({ url, key: "before" })).kind, "found");
  assert.deepEqual((await findCharge({ url, key: `meanwhile ${round}` })).kind, "absent");
});

test("every request is counted where it arrives, also those that fail or hang; the operator's are not", async () => {
  const { url } = provider;
  const atFirst = await counted();
  await charge({ url, key: "counted", body });
  await findCharge({ url, key: "counted" });
  await provider.setFaults({ down: true });
  await codeOf(charge({ url, key: "counted down", body }));
  await provider.setFaults({ hang: 1 });
  const given = new AbortController();
  const hanging = [1, 2, 3].map((number) => codeOf(charge({ url, key: `hangs ${number}`, body, signal: given.signal })));
  while ((await counted()) < atFirst + 6) await new Promise((resolve) => setTimeout(resolve, 10));
  given.abort();
  await Promise.all(hanging);
  assert.equal(await counted(), atFirst + 6);
  assert.equal(Math.max(...(await readTraffic(url)).buckets.map(([, , atOnce]) => atOnce)), 3);
});
