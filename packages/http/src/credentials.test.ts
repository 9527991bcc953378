// The rules of credentials: over a clock moved by hand, then with 1,000 calls against a real server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EvenkeelError } from "@evenkeel/core";
import { CredentialsKeeper, type Credentials } from "./credentials.ts";
import { httpClient } from "./http-client.ts";
import { callOf, card, endOf } from "./testing/card.ts";
import { json, testProvider } from "./testing/provider.ts";

/** A keeper whose fetches end by hand, with a clock. */
function keeping(more: { refreshBeforeMs?: number; timeoutMs?: number } = {}) {
  const fetches: { tenant: string; resolve: (given: Credentials) => void; reject: (error: unknown) => void }[] = [];
  const clock = { now: 0 };
  const keeper = new CredentialsKeeper({
    authorize: ({ tenant }) => new Promise((resolve, reject) => { fetches.push({ tenant, resolve, reject }); }),
    refreshBeforeMs: 60_000, timeoutMs: 10_000, now: () => clock.now, ...more,
  });
  const get = async (tenant = "default"): Promise<string> => (await keeper.get(tenant, undefined)).headers["authorization"] ?? "";
  const token = (nth: number, expiresInMs?: number): Credentials => ({ headers: { authorization: `Bearer ${String(nth)}` }, ...(expiresInMs === undefined ? {} : { expiresInMs }) });
  return { fetches, clock, keeper, get, token };
}
const settled = async (): Promise<void> => { await new Promise((resolve) => setImmediate(resolve)); };

test("1,000 callers wait for one fetch, and later ones find what it brought", async () => {
  const { fetches, get, token } = keeping();
  const all = Array.from({ length: 1_000 }, () => get());
  await settled();
  assert.equal(fetches.length, 1);
  fetches[0]?.resolve(token(1));
  assert.deepEqual(new Set(await Promise.all(all)), new Set(["Bearer 1"]));
  assert.equal(await get(), "Bearer 1");
  assert.equal(fetches.length, 1);
});

test("before they expire others are fetched once, in the background, while the old ones are used", async () => {
  const { fetches, clock, get, token } = keeping();
  const first = get();
  await settled();
  fetches[0]?.resolve(token(1, 600_000));
  await first;
  clock.now = 539_999;
  await get();
  assert.equal(fetches.length, 1);
  clock.now = 540_000;
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 1_000 }, () => get()))), new Set(["Bearer 1"]));
  await settled();
  assert.equal(fetches.length, 2);
  fetches[1]?.resolve(token(2, 600_000));
  await settled();
  assert.equal(await get(), "Bearer 2");
});

test("a refresh in the background that fails harms nobody, and is tried again after a second; expired ones are waited for", async () => {
  const { fetches, clock, get, token } = keeping({ refreshBeforeMs: 5_000 });
  const first = get();
  await settled();
  fetches[0]?.resolve(token(1, 10_000));
  await first;
  clock.now = 5_000;
  await get();
  await settled();
  fetches[1]?.reject(new Error("down"));
  await settled();
  assert.equal(await get(), "Bearer 1");
  await settled();
  assert.equal(fetches.length, 2, "not again at once");
  clock.now = 6_000;
  await get();
  await settled();
  fetches[2]?.reject(new Error("down"));
  await settled();
  clock.now = 10_000;
  const late = get();
  await settled();
  assert.equal(fetches.length, 4);
  fetches[3]?.resolve(token(2));
  assert.equal(await late, "Bearer 2");
});

test("credentials of a short life are kept for half of it at least", async () => {
  const { fetches, clock, get, token } = keeping();
  const first = get();
  await settled();
  fetches[0]?.resolve(token(1, 10_000));
  await first;
  clock.now = 4_999;
  await get();
  await settled();
  assert.equal(fetches.length, 1);
  clock.now = 5_000;
  await get();
  await settled();
  assert.equal(fetches.length, 2);
});

test("a failure is shared by those who waited and not remembered, and tells nothing of a foreign error's text", async () => {
  const { fetches, get, token } = keeping();
  const all = Array.from({ length: 1_000 }, () => get());
  await settled();
  fetches[0]?.reject(new Error("POST https://id.example?client_secret=hunter2 failed"));
  for (const end of await Promise.allSettled(all)) {
    assert.ok(end.status === "rejected");
    const reason: unknown = end.reason;
    assert.ok(reason instanceof EvenkeelError && reason.code === "HTTP_UNAUTHORIZED" && !reason.message.includes("hunter2"), String(reason));
  }
  const next = get();
  await settled();
  assert.equal(fetches.length, 2);
  fetches[1]?.resolve(token(1));
  assert.equal(await next, "Bearer 1");
});

test("refused credentials are renewed once, however many were refused with them", async () => {
  const { fetches, keeper, get, token } = keeping();
  const first = get();
  await settled();
  fetches[0]?.resolve(token(1));
  await first;
  const used = await keeper.get("default", undefined);
  const renewed = Array.from({ length: 1_000 }, async () => keeper.renew("default", used, undefined));
  await settled();
  assert.equal(fetches.length, 2);
  fetches[1]?.resolve(token(2));
  assert.deepEqual(new Set((await Promise.all(renewed)).map((held) => held.headers["authorization"])), new Set(["Bearer 2"]));
  assert.equal((await keeper.renew("default", used, undefined)).headers["authorization"], "Bearer 2", "who comes late finds them renewed");
  assert.equal(fetches.length, 2);
});

test("tenants have their own", async () => {
  const { fetches, get, token } = keeping();
  const both = [get("a"), get("b")];
  await settled();
  assert.deepEqual(fetches.map((one) => one.tenant), ["a", "b"]);
  fetches.forEach((one, index) => { one.resolve(token(index)); });
  assert.deepEqual(await Promise.all(both), ["Bearer 0", "Bearer 1"]);
});

test("an authorize that never returns holds nobody for ever", async () => {
  const { keeper, fetches } = keeping({ timeoutMs: 5 });
  await assert.rejects(async () => keeper.get("default", undefined), /authorize did not return within 5 ms/);
  void Promise.resolve(keeper.get("default", undefined)).catch(() => undefined);
  await settled();
  assert.equal(fetches.length, 2);
  fetches[1]?.reject(new Error("over"));
});

test("1,000 calls at once fetch one token, and one more after the provider has revoked it", async () => {
  let valid = "Bearer token-1";
  const provider = await testProvider((request, response) => { json(response, request.headers.authorization === valid ? 200 : 401, {}); });
  let fetches = 0;
  const client = httpClient({
    url: provider.url,
    authorize: async () => { fetches++; await settled(); return { headers: { authorization: `Bearer token-${String(fetches)}` }, expiresInMs: 3_600_000 }; },
  });
  const ping = client.operation(card.ping, { request: () => ({ path: "/ping" }) });
  const all = async (): Promise<Set<string>> =>
    new Set(await Promise.all(Array.from({ length: 1_000 }, () => endOf(ping.perform({ ...callOf(), input: {} })))));
  assert.deepEqual(await all(), new Set([`{"kind":"ok","value":{}}`]));
  assert.equal(fetches, 1);
  valid = "Bearer token-2";
  assert.deepEqual(await all(), new Set([`{"kind":"ok","value":{}}`]));
  assert.equal(fetches, 2);
  valid = "none";
  const [end = "", ...others] = await all();
  assert.match(end, /^notPerformed later: .*answered with 401/);
  assert.deepEqual(others, []);
  await client.close();
  await provider.close();
});

test("an authorize that returns no credentials leaves the call not performed, and says so", async () => {
  const provider = await testProvider((_request, response) => { json(response, 200, {}); });
  const wrong: readonly unknown[] = [undefined, null, "Bearer x", {}, { headers: null }, { headers: { authorization: undefined } }, { headers: { authorization: 5 } }, { headers: {}, expiresInMs: NaN }];
  for (const given of wrong) {
    // As JavaScript may write it.
    const client = httpClient({ url: provider.url, authorize: () => given as never });
    const ends = await endOf(client.operation(card.ping, { request: () => ({ path: "/" }) }).perform({ ...callOf(), input: {} }));
    assert.match(ends, /^notPerformed later: The request was not sent, because authorize gave no credentials: /, JSON.stringify(given));
    await client.close();
  }
  assert.equal(provider.seen.length, 0);
  await provider.close();
});
