// What a request carries by itself: the business key, the trace, the time left; and how paths, queries and bodies are written.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { DEFAULT_HTTP_NUMBERS, HTTP_BOUNDS, type HttpClientOptions } from "./client-options.ts";
import { httpClient } from "./http-client.ts";
import { callOf, card } from "./testing/card.ts";
import { json, testProvider, type TestProvider } from "./testing/provider.ts";
import { headerKey, type HttpRequest } from "./wire-request.ts";

let provider: TestProvider;
before(async () => { provider = await testProvider((_request, response) => { json(response, 200, {}); }); });
after(() => provider.close());

async function sent(options: Partial<HttpClientOptions>, request: HttpRequest, call: Partial<ReturnType<typeof callOf>> = {}) {
  const client = httpClient({ url: provider.url, ...options });
  await client.operation(card.ping, { request: () => request }).perform({ ...callOf(call), input: {} });
  await client.close();
  const last = provider.seen.at(-1);
  assert.ok(last);
  return last;
}

test("the key goes with its tenant in Idempotency-Key, under another name or value, or not at all", async () => {
  assert.equal((await sent({}, { path: "/" })).headers["idempotency-key"], "default/order-1/charge");
  const own = await sent({ idempotencyKey: { header: "X-Request-Id", value: ({ key }) => `"${key}"` } }, { path: "/" });
  assert.deepEqual([own.headers["x-request-id"], own.headers["idempotency-key"]], [`"order-1/charge"`, undefined]);
  assert.equal((await sent({ idempotencyKey: false }, { path: "/" })).headers["idempotency-key"], undefined);
});

test("a key that no header can carry is encoded, and two keys never become one", () => {
  assert.equal(headerKey("default/order-17/charge"), "default/order-17/charge");
  const keys = ["é", "%C3%A9", "a b", "a%20b", "a\nb", "a%0Ab", "🙂", ""];
  assert.equal(new Set(keys.map(headerKey)).size, keys.length);
  for (const key of keys) assert.match(headerKey(key), /^[\x21-\x7e]*$/);
});

test("a request is told the key as it is sent, so that a question finds what was performed", async () => {
  const client = httpClient({ url: provider.url });
  const charge = client.operation(card.charge, {
    request: ({ idempotencyKey }) => ({ path: ["charges", idempotencyKey] }),
    read: () => ({ kind: "ok", value: { chargeId: "c" } }), ask: { request: ({ idempotencyKey }) => ({ path: ["charges", idempotencyKey] }), read: () => ({ kind: "absent" }) },
  });
  await charge.perform(callOf({ key: "50% of é" }));
  await charge.ask(callOf({ key: "50% of é" }));
  const [performed, asked] = provider.seen.slice(-2);
  assert.equal(performed?.headers["idempotency-key"], "default/50%25%20of%20%C3%A9");
  assert.equal(asked?.path, performed.path);
  assert.equal(decodeURIComponent(asked.path.slice("/charges/".length)), performed.headers["idempotency-key"]);
  await client.close();
});

test("the message's trace is passed on, and nothing that is none", async () => {
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  assert.equal((await sent({}, { path: "/" }, { trace })).headers["traceparent"], trace);
  assert.equal((await sent({}, { path: "/" }, { trace: "mine" })).headers["traceparent"], undefined);
});

test("the time left is sent where it is asked for", async () => {
  const { headers } = await sent({ deadlineHeader: "X-Time-Left-Ms" }, { path: "/" }, { deadline: performance.now() + 5_000 });
  const left = Number(headers["x-time-left-ms"]);
  assert.ok(Number.isInteger(left) && left > 0 && left <= 5_000, String(left));
  assert.equal((await sent({}, { path: "/" })).headers["x-time-left-ms"], undefined);
});

test("paths stand below the url; segments and queries are encoded, and no request leaves its host", async () => {
  const url = `${provider.url}/v1/`;
  assert.equal((await sent({ url }, { path: "/charges" })).path, "/v1/charges");
  assert.equal((await sent({ url }, { path: ["charges", "a/b c?", 7, ".."] })).path, "/v1/charges/a%2Fb%20c%3F/7/%2E%2E");
  assert.equal((await sent({}, { path: "/a?b=1", query: { "c d": "é&", e: 5, f: undefined } })).path, "/a?b=1&c%20d=%C3%A9%26&e=5");
  assert.equal((await sent({}, { path: "//elsewhere.example/x" })).path, "//elsewhere.example/x");
});

test("a body is JSON, a form, or what it is", async () => {
  const asJson = await sent({}, { path: "/", json: { a: 1 } });
  assert.deepEqual([asJson.method, asJson.body, asJson.headers["content-type"]], ["POST", `{"a":1}`, "application/json"]);
  const form = await sent({}, { method: "PUT", path: "/", form: { a: "1 2" } });
  assert.deepEqual([form.method, form.body, form.headers["content-type"]], ["PUT", "a=1+2", "application/x-www-form-urlencoded"]);
  const raw = await sent({}, { path: "/", body: new TextEncoder().encode("<a/>"), headers: { "Content-Type": "text/xml" } });
  assert.deepEqual([raw.body, raw.headers["content-type"]], ["<a/>", "text/xml"]);
});

test("a request's headers win over the client's, whatever their case", async () => {
  assert.equal((await sent({ headers: { "X-Version": "1" } }, { path: "/", headers: { "x-version": "2" } })).headers["x-version"], "2");
});

test("send resolves with 2xx and accepted statuses, and throws typed errors with what to wait for", async () => {
  const client = httpClient({ url: provider.url });
  provider.answer = (request, response) => { json(response, Number(request.path.slice(1)), { a: 1 }, { "retry-after": "2" }); };
  assert.deepEqual((await client.send({ path: "/200" })).json(), { a: 1 });
  assert.equal((await client.send({ path: "/404" }, { accept: [404] })).status, 404);
  for (const [status, code, performed] of [[404, "HTTP_REFUSED", "no"], [503, "HTTP_BUSY", "no"], [500, "HTTP_FAILED", "unknown"]] as const) {
    await assert.rejects(client.send({ path: `/${String(status)}` }), (error) => {
      assert.ok(isEvenkeelError(error));
      assert.deepEqual([error.code, error.details["performed"], error.details["afterMs"], error.details["status"]], [code, performed, 2_000, status]);
      return true;
    });
  }
  await client.close();
});

test("options that make no sense are refused", () => {
  const wrong: Partial<HttpClientOptions>[] = [
    { url: "bank" }, { url: "ftp://bank.example" }, { url: "https://bank.example?a=1" }, { url: "https://a:b@bank.example" },
    { idempotencyKey: { header: "a b" } }, { deadlineHeader: "" }, { headers: { "a:": "1" } },
    ...Object.entries(HTTP_BOUNDS).flatMap(([name, [least, most]]) => [{ [name]: least - 1 }, { [name]: most + 1 }, { [name]: 1.5 }]),
  ];
  for (const options of wrong) {
    assert.throws(() => httpClient({ url: "https://bank.example", ...options }), (error) => isEvenkeelError(error) && error.code === "CONFIG_INVALID", JSON.stringify(options));
  }
  assert.deepEqual(Object.keys(DEFAULT_HTTP_NUMBERS).sort(), Object.keys(HTTP_BOUNDS).sort());
});

test("a value that no header can have is refused where it is given, and not shown", async () => {
  for (const value of ["pass\nword", "pass\u0000word", 5, undefined]) {
    // As JavaScript may write it.
    const headers = { "x-api-key": value } as never;
    assert.throws(() => httpClient({ url: "https://bank.example", headers }), { code: "CONFIG_INVALID", message: /the value of the header x-api-key/ }, String(value));
    const client = httpClient({ url: provider.url });
    await assert.rejects(client.send({ path: "/", headers }), (error) => isEvenkeelError(error) && error.code === "HTTP_REQUEST_INVALID" && !error.message.includes("word"), String(value));
    await client.close();
  }
});

test("what is misspelled in an operation is refused where it is declared", () => {
  const client = httpClient({ url: "https://bank.example" });
  const request = () => ({ path: "/" });
  const ask = { request };
  const wrong: readonly object[] = [
    {}, { request: "x", ask }, { request, asks: ask }, { request, ask, statuses: { 402: "refused" } }, { request, ask, statuses: { 99: "ok" } },
    { request, ask, statuses: { 404: "absent" } }, { request, ask: { request, statuses: { 404: "notPerformed" } } }, { request }, { request, ask: { request, reads: 1 } },
  ];
  // As JavaScript may write it.
  for (const spec of wrong) assert.throws(() => client.operation(card.charge, spec as never), { code: "CONFIG_INVALID" }, JSON.stringify(spec));
  client.operation(card.charge, { request, statuses: { 402: "declined", 503: "notPerformed" }, ask: { request, statuses: { 404: "absent" } } });
  client.operation(card.ping, { request });
});
