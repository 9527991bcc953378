// Calls of an application, by the shipping call runner on the store in memory: what a provider's answers do to durable calls, and that no secret
// is in what was logged or stored.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAppOn, entity, event, memoryStore, port, provide, service, type App } from "@evenkeel/core";
import { z } from "zod";
import { httpClient } from "./http-client.ts";
import { testHost } from "./testing/host.ts";
import { json, testProvider, type TestProvider } from "./testing/provider.ts";

const card = port("card", {
  charge: {
    input: z.object({ pence: z.number().int() }), ok: z.object({ chargeId: z.string() }),
    failures: { declined: z.object({ reason: z.string() }) }, timeoutMs: 5_000, backoffMs: 1, maxBackoffMs: 2,
  },
});
const Placed = event("order.placed", { key: (order) => order.orderId, data: z.object({ orderId: z.string() }) });
const Payment = entity("payment", { data: z.object({ ends: z.array(z.string()) }) });

const payments = service("payments", { entities: { payment: Payment }, ports: { card } })
  .on(Placed, ({ orderId }, { payment, call }) => {
    payment.put(orderId, { ends: [] });
    call(card.charge, { key: `${orderId}/charge`, input: { pence: 500 } });
  })
  .outcome(card.charge, {
    ok: async ({ value }, { message, payment }) => { payment.put(message.key, and(await payment.get(message.key), `ok ${value.chargeId}`)); },
    declined: async ({ value }, { message, payment }) => { payment.put(message.key, and(await payment.get(message.key), `declined ${value.reason}`)); },
    notPerformed: async ({ failure }, { message, payment }) => { payment.put(message.key, and(await payment.get(message.key), failure.message)); },
    unknown: async ({ failure }, { message, payment, reconcile }) => {
      payment.put(message.key, and(await payment.get(message.key), `${failure.code}: ${failure.message}`));
      reconcile();
    },
  });

function and(before: { readonly ends: readonly string[] } | undefined, end: string): { ends: string[] } {
  return { ends: [...(before?.ends ?? []), end] };
}

/** What order "o" came to, and all that was logged. */
async function charged(answer: TestProvider["answer"]): Promise<{ ends: readonly string[]; provider: TestProvider; lines: unknown[] }> {
  const provider = await testProvider(answer);
  const lines: unknown[] = [];
  const host = testHost(lines);
  const client = httpClient({ url: provider.url, headers: { "x-api-key": "key-4242" } });
  const ports = [provide(card, { charge: client.operation(card.charge, {
    request: ({ input }) => ({ path: "/charges", json: input }),
    statuses: { 402: "declined" },
    ask: { request: ({ key, tenant }) => ({ path: ["charges", tenant, key] }), statuses: { 404: "absent" } },
  }) })];
  const app = await createAppOn({ services: [payments], accepts: [Placed], ports, store: memoryStore({ host }), host });
  try {
    await app.start();
    await app.publish(Placed({ orderId: "o" }));
    return { ends: await settled(app), provider, lines };
  } finally {
    await app.stop();
    await client.close();
    await provider.close();
  }
}

async function settled(app: App<readonly [typeof Placed]>): Promise<readonly string[]> {
  for (let look = 0; look < 2_000; look++) {
    const ends = (await app.read(Payment, "o"))?.ends ?? [];
    if (ends.length > 0 && !(ends.at(-1) ?? "").includes("HTTP_LOST")) return ends;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return assert.fail("the call did not come to an end");
}

test("a durable call comes back when Retry-After says, under the same key, and ends as it is answered then", async () => {
  const { ends, provider } = await charged((_request, response, nth) => {
    if (nth === 1) json(response, 429, {}, { "retry-after": "1" });
    else json(response, 200, { chargeId: "ch-1" });
  });
  assert.deepEqual(ends, ["ok ch-1"]);
  const [first, second] = provider.seen;
  assert.ok(first !== undefined && second !== undefined);
  assert.ok(second.at - first.at >= 990, `${String(second.at - first.at)} ms`);
  assert.deepEqual([first.headers["idempotency-key"], second.headers["idempotency-key"]], ["default/o/charge", "default/o/charge"]);
});

test("a connection lost after the request is asked about by its key, no sooner than the provider wants, and never performed twice", async () => {
  const { ends, provider } = await charged((request, response, nth) => {
    if (request.method === "POST") response.destroy();
    else if (nth === 2) json(response, 503, {}, { "retry-after": "1" });
    else json(response, 200, { chargeId: "ch-1" });
  });
  assert.equal(ends.length, 2);
  assert.match(ends[0] ?? "", /^HTTP_LOST: POST .*Ask by its key/);
  assert.equal(ends[1], "ok ch-1");
  assert.deepEqual(provider.seen.map(({ method, path }) => `${method} ${path}`), ["POST /charges", "GET /charges/default/o%2Fcharge", "GET /charges/default/o%2Fcharge"]);
  assert.ok((provider.seen[2]?.at ?? 0) - (provider.seen[1]?.at ?? 0) >= 990);
});

test("a wrong request ends at once as not performed, and a decline as a decline", async () => {
  const refused = await charged((_request, response) => { json(response, 400, {}); });
  assert.match(refused.ends.join(), /^POST .*answered with 400\. Correct the request/);
  assert.equal(refused.provider.seen.length, 1);
  assert.deepEqual((await charged((_request, response) => { json(response, 402, { reason: "limit" }); })).ends, ["declined limit"]);
});

test("what is stored and logged holds no secret, though the provider sends it back", async () => {
  for (const status of [200, 402, 400, 429]) {
    const { ends, lines } = await charged((request, response, nth) => {
      const said = `heard ${String(request.headers["x-api-key"])}`;
      json(response, status === 429 && nth > 1 ? 200 : status, { chargeId: said, reason: said });
    });
    assert.ok(!JSON.stringify([ends, lines]).includes("4242"), JSON.stringify([ends, lines]));
    if (status === 200) assert.deepEqual(ends, ["ok heard [redacted]"]);
  }
});
