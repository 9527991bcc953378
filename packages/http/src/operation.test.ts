// What every end of a request says about the effect, against a real server: the table of docs/concepts/http-ports.md.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { notPerformed } from "@evenkeel/core";
import { httpClient } from "./http-client.ts";
import { callOf, card, endOf } from "./testing/card.ts";
import { json, testProvider, type TestProvider } from "./testing/provider.ts";

let provider: TestProvider;
before(async () => { provider = await testProvider((_request, response) => { json(response, 200, {}); }); });
after(() => provider.close());

const charging = (url = provider.url) => httpClient({ url, maxResponseBytes: 1_000 }).operation(card.charge, {
  request: ({ input }) => ({ path: "/charges", json: input }),
  statuses: { 402: "declined", 418: "notPerformed", 201: "unknown" },
  ask: { request: ({ key }) => ({ path: ["charges", key] }), statuses: { 402: "declined", 404: "absent" } },
});

async function performed(status: number, body: unknown = {}, headers: Record<string, string> = {}): Promise<string> {
  provider.answer = (_request, response) => { json(response, status, body, headers); };
  return endOf(charging().perform(callOf()));
}

async function asked(status: number, body: unknown = {}, headers: Record<string, string> = {}): Promise<string> {
  provider.answer = (_request, response) => { json(response, status, body, headers); };
  return endOf(charging().ask(callOf()));
}

test("2xx is ok, a declared status its failure, and the body is the value", async () => {
  assert.equal(await performed(200, { chargeId: "ch-1" }), `{"kind":"ok","value":{"chargeId":"ch-1"}}`);
  assert.equal(await performed(402, { reason: "limit" }), `{"kind":"declined","value":{"reason":"limit"}}`);
});

test("429, 408, 421 and 425, and 503 with Retry-After, say that nothing happened, and when to come back", async () => {
  assert.match(await performed(429), /^notPerformed later: POST http:\/\/127.0.0.1:\d+\/charges: it was answered with 429\. Nothing was performed/);
  assert.match(await performed(429, {}, { "retry-after": "7" }), /^notPerformed later after 7000: /);
  assert.match(await performed(503, {}, { "retry-after": "3" }), /^notPerformed later after 3000: /);
  const date = new Date(Date.now() + 86_400_000);
  const later = new Date(date.getTime() + 20_000);
  assert.match(await performed(503, {}, { date: date.toUTCString(), "retry-after": later.toUTCString() }), /^notPerformed later after 20000: /);
  assert.match(await performed(429, {}, { "retry-after": "999999" }), /^notPerformed later after 300000: /);
  for (const status of [408, 421, 425]) assert.match(await performed(status), /^notPerformed later: /);
});

test("401 and 403 are not performed and worth another try; other 4xx are refused for good", async () => {
  for (const status of [401, 403]) assert.match(await performed(status), /^notPerformed later: .* Look after the credentials/);
  for (const status of [400, 404, 413, 422]) assert.match(await performed(status), /^notPerformed never: .* Correct the request/);
});

test("5xx, 409, redirects, and 503 without Retry-After leave the outcome unknown", async () => {
  for (const status of [500, 502, 503, 504, 409, 302]) {
    assert.match(await performed(status), new RegExp(`^unknown HTTP_FAILED: .*answered with ${String(status)}`));
  }
});

test("what the user says of a status counts", async () => {
  assert.match(await performed(418, {}, { "retry-after": "1" }), /^notPerformed later after 1000: /);
  assert.match(await performed(201, { chargeId: "ch-1" }), /^unknown HTTP_FAILED: /);
});

test("an answer that cannot be read is unknown: the effect may have happened", async () => {
  provider.answer = (_request, response) => { response.end("<html>it worked</html>"); };
  const unread = await endOf(charging().perform(callOf()));
  assert.match(unread, /^unknown CALL_OUTCOME_INVALID: .*could not be read: The answer 200 is not JSON \(22 characters\)\. The effect/);
  const broken = httpClient({ url: provider.url }).operation(card.ping, {
    request: () => ({ path: "/" }), read: () => { throw new Error("no such thing in <html>"); },
  });
  const end = await endOf(broken.perform({ ...callOf(), input: {} }));
  assert.match(end, /^unknown CALL_OUTCOME_INVALID: .*could not be read: Error \(its text/);
});

test("an empty answer reads as {}", async () => {
  provider.answer = (_request, response) => { response.writeHead(204).end(); };
  const ping = httpClient({ url: provider.url }).operation(card.ping, { request: () => ({ method: "PUT", path: "/ping" }) });
  assert.equal(await endOf(ping.perform({ ...callOf(), input: {} })), `{"kind":"ok","value":{}}`);
});

test("read shapes the answer, and may say that nothing was performed", async () => {
  const charge = httpClient({ url: provider.url }).operation(card.charge, {
    request: () => ({ path: "/charges" }),
    statuses: { 402: "declined" },
    read: (answer) => {
      if (answer.headers["x-queue"] === "full") throw notPerformed("The queue is full.", { afterMs: 50 });
      return answer.kind === "ok" ? { kind: "ok", value: { chargeId: answer.text } } : { kind: "declined", value: { reason: String(answer.status) } };
    },
    ask: { request: () => ({ path: "/charges" }), read: () => ({ kind: "absent" }) },
  });
  provider.answer = (_request, response) => { response.end("ch-9"); };
  assert.equal(await endOf(charge.perform(callOf())), `{"kind":"ok","value":{"chargeId":"ch-9"}}`);
  assert.equal(await endOf(charge.ask(callOf())), `{"kind":"absent"}`);
  provider.answer = (_request, response) => { response.writeHead(402).end(); };
  assert.equal(await endOf(charge.perform(callOf())), `{"kind":"declined","value":{"reason":"402"}}`);
  provider.answer = (_request, response) => { response.writeHead(200, { "x-queue": "full" }).end(); };
  assert.equal(await endOf(charge.perform(callOf())), "notPerformed later after 50: The queue is full.");
});

test("a question is answered by ok, a declared failure or the declared absent, and by nothing else", async () => {
  assert.equal(await asked(200, { chargeId: "ch-1" }), `{"kind":"ok","value":{"chargeId":"ch-1"}}`);
  assert.equal(await asked(402, { reason: "limit" }), `{"kind":"declined","value":{"reason":"limit"}}`);
  assert.equal(await asked(404), `{"kind":"absent"}`);
  assert.equal(provider.seen.at(-1)?.path, "/charges/order-1%2Fcharge");
  assert.equal(provider.seen.at(-1)?.method, "GET");
  assert.equal(provider.seen.at(-1)?.headers["idempotency-key"], undefined);
  assert.match(await asked(410), /^unknown HTTP_REFUSED: /);
  assert.match(await asked(429, {}, { "retry-after": "7" }), /^unknown HTTP_BUSY: /);
});

test("a connection that was refused, and a name that does not exist, are not performed", async () => {
  const free = createServer();
  await new Promise<void>((resolve) => { free.listen(0, "127.0.0.1", resolve); });
  const address = free.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => { free.close(resolve); });
  assert.match(await endOf(charging(`http://127.0.0.1:${String(port)}`).perform(callOf())), /^notPerformed later: .*it was not sent: .*ECONNREFUSED/);
  assert.match(await endOf(charging("http://no-such-host.invalid").perform(callOf())), /^notPerformed later: .*it was not sent: .*(ENOTFOUND|EAI_AGAIN)/);
});

test("a request that cannot be made is refused for good, and nothing is sent", async () => {
  const sent = provider.seen.length;
  const client = httpClient({ url: provider.url, maxRequestBytes: 10 });
  const requests = [
    { path: "charges" }, { path: "/a b" }, { path: "/charges", json: { text: "far too long" } }, { path: "/charges", headers: { "x-y": "a\nb" } },
    { path: "/charges", json: 1, body: "1" }, { path: ["\ud800"] }, { path: "/charges", headers: { "content-length": "7" }, body: "1" },
  ];
  for (const request of requests) {
    const ping = client.operation(card.ping, { request: () => request });
    assert.match(await endOf(ping.perform({ ...callOf(), input: {} })), /^notPerformed never: /, JSON.stringify(request));
  }
  const throwing = client.operation(card.ping, { request: () => { throw new Error("the key is hunter2"); } });
  const thrown = await endOf(throwing.perform({ ...callOf(), input: {} }));
  assert.equal(thrown, "notPerformed later: No request was made: Error (its text may hold secrets and is left out)");
  assert.equal(provider.seen.length, sent);
});
