// No secret appears in anything that is thrown, logged or stored: every end of a request with secrets in every place, and a provider that
// repeats them all. Everything is searched, as text and as `inspect` shows it to a logger.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { notPerformed, transient } from "@evenkeel/core";
import { httpClient, type HttpClient } from "./http-client.ts";
import { Redaction, Secrets } from "./redaction.ts";
import { callOf, card } from "./testing/card.ts";
import { testProvider, type TestProvider } from "./testing/provider.ts";

const SECRETS = {
  token: "tok-4242-bearer", password: "pa55-basic-word", apiKey: "key-9-header", queryKey: "key-8-query", cookie: "sess-7-cookie", sent: "4111111111111111",
  answered: "otp-6-answered", vendor: "vnd-5-header", refreshed: "ref-3-client",
};
let provider: TestProvider;
let client: HttpClient;
before(async () => {
  provider = await testProvider(() => undefined);
  client = httpClient({
    url: provider.url,
    headers: { "x-api-key": SECRETS.apiKey, "proxy-authorization": `Basic ${Buffer.from(`me:${SECRETS.password}`).toString("base64")}`, "x-vendor": SECRETS.vendor, cookie: `a=${SECRETS.cookie}` },
    authorize: () => ({ headers: { authorization: `Bearer ${SECRETS.token}` } }),
    redact: { headers: ["X-Vendor"], fields: ["cardNumber", "otp"] }, maxResponseBytes: 5_000,
  });
});
after(async () => { await client.close(); await provider.close(); });

/** Every place of it, as text: properties that are not enumerable, causes and stacks included. */
function everything(value: unknown): string {
  const texts = [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value) ?? ""];
  if (value instanceof Error) texts.push(value.message, value.stack ?? "", everything(value.cause));
  return texts.join("\n");
}

function holdsNone(value: unknown, what: string): void {
  const text = everything(value);
  for (const [name, secret] of Object.entries(SECRETS)) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(`me:${secret}`).toString("base64")]) {
      assert.ok(!text.includes(form), `${what} shows ${name}:\n${text.slice(0, 600)}`);
    }
  }
}

/** Everything that was sent, and more, sent back. */
const echo = (status: number) => {
  provider.answer = (request, response) => {
    response.writeHead(status, { "set-cookie": [`sid=${SECRETS.cookie}; HttpOnly`], "www-authenticate": `Bearer ${SECRETS.token}`, "x-echo": JSON.stringify(request.headers) });
    response.end(JSON.stringify({ chargeId: `ch ${JSON.stringify(request.headers)}`, reason: request.path, otp: SECRETS.answered, deep: [{ cardNumber: SECRETS.sent, echo: request.body }] }));
  };
};

type Read = Parameters<HttpClient["operation"]>[1]["read"];
const charging = (read?: Read) => client.operation(card.charge, {
  request: () => ({ path: "/charges", query: { api_key: SECRETS.queryKey, currency: "GBP" }, json: { pence: 5, source: { cardNumber: SECRETS.sent } } }),
  statuses: { 402: "declined" },
  ...(read === undefined ? {} : { read: read as never }),
  ask: { request: () => ({ path: `/charges?access_token=${SECRETS.queryKey}` }) },
});

async function ends(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}

test("no status makes a secret appear in what is thrown or answered, performing or asking", async () => {
  for (const status of [200, 201, 302, 400, 401, 402, 403, 404, 409, 429, 500, 503]) {
    echo(status);
    holdsNone(await ends(() => charging().perform(callOf())), `perform ${String(status)}`);
    holdsNone(await ends(() => charging().ask(callOf())), `ask ${String(status)}`);
  }
});

test("an answer is stored without what was sent as a secret and without secret fields, and keeps everything else", async () => {
  provider.answer = (_request, response) => {
    response.end(JSON.stringify({ chargeId: `ch-1 for ${SECRETS.token}`, otp: SECRETS.answered, deep: [{ cardNumber: { digits: SECRETS.sent } }], pence: 5, none: null }));
  };
  assert.deepEqual(await charging().perform(callOf()), {
    kind: "ok", value: { chargeId: "ch-1 for [redacted]", otp: "[redacted]", deep: [{ cardNumber: "[redacted]" }], pence: 5, none: null },
  });
});

test("what read throws and returns is searched, too", async () => {
  echo(200);
  const reads: ((reply: { text: string; headers: object; json: () => unknown }) => unknown)[] = [
    (reply) => { throw new Error(reply.text); },
    (reply): unknown => JSON.parse(`${reply.text}}`),
    (reply) => { throw notPerformed(`said ${reply.text} ${JSON.stringify(reply.headers)}`, { cause: new Error(reply.text) }); },
    (reply) => { throw transient("BUSY", `said ${reply.text}`); },
    (reply) => { throw reply.text; },
    (reply) => ({ kind: "ok", value: { chargeId: reply.text, more: [reply.json(), reply.headers] } }),
  ];
  for (const [index, read] of reads.entries()) holdsNone(await ends(() => charging(read as Read).perform(callOf())), `read ${String(index)}`);
});

test("failures of the wire show no secret", async () => {
  const answers: TestProvider["answer"][] = [
    (_request, response) => { response.destroy(); },
    (request, response) => { response.socket?.end(`HTTP/1.1 200 OK\r\nset-cookie: ${SECRETS.cookie}\r\nno header ${request.body}\r\n\r\n`); },
    (request, response) => { response.socket?.end(`${JSON.stringify(request.headers)} is no HTTP\r\n`); },
    (_request, response) => { response.end(SECRETS.answered.repeat(1_000)); },
    (_request, response) => { response.writeHead(200, { "content-length": "100", "set-cookie": SECRETS.cookie }); response.write(SECRETS.answered); setImmediate(() => response.destroy()); },
  ];
  for (const [index, answer] of answers.entries()) {
    provider.answer = answer;
    holdsNone(await ends(() => charging().perform(callOf())), `wire ${String(index)}`);
  }
  holdsNone(await ends(() => client.send({ path: "/x", headers: { authorization: `Bearer ${SECRETS.token}\n` } })), "a header that cannot be sent");
  holdsNone(await ends(() => charging().perform(callOf({ signal: AbortSignal.abort(new Error(SECRETS.token)) }))), "aborted");
});

test("an authorize that fails does not tell what it sent", async () => {
  for (const error of [new Error(`client_secret=${SECRETS.refreshed}`), new TypeError(`Headers.append: "${SECRETS.refreshed}" is invalid`), SECRETS.refreshed]) {
    const failing = httpClient({ url: provider.url, authorize: () => { throw error; } });
    const ping = failing.operation(card.ping, { request: () => ({ path: "/ping" }) });
    holdsNone(await ends(() => ping.perform({ ...callOf(), input: {} })), String(error));
  }
});

test("a url with a password is refused, and neither the refusal nor the client shows it", async () => {
  holdsNone(await ends(() => httpClient({ url: `https://me:${SECRETS.password}@bank.example` })), "a refused url");
  holdsNone(client, "the client");
  holdsNone(charging(), "an operation");
});

test("texts lose what looks like a secret, and keep the rest", () => {
  const secrets = new Secrets(new Redaction({ query: ["pan"] })).add("abc");
  const cases = [
    ["GET https://u:p@x.example/a?token=1&page=2", "GET https://[redacted]@x.example/a?token=[redacted]&page=2"],
    ["/a?pan=4111&X-Amz-Signature=ff#x", "/a?pan=[redacted]&X-Amz-Signature=[redacted]#x"],
    ["Authorization: Bearer x.y.z, ok", "Authorization: Bearer [redacted], ok"],
    ["abc abcabc ab", "[redacted] [redacted][redacted] ab"],
  ];
  for (const [text = "", clean] of cases) assert.equal(secrets.scrub(text), clean);
});

test("of two secrets of which one begins the other, no end stays, in texts and in values, in names and in what they name", () => {
  const secrets = new Secrets(new Redaction({})).add("shop").add("shop-7f3a9c");
  assert.equal(secrets.scrub("shop-7f3a9c by shop"), "[redacted] by [redacted]");
  assert.deepEqual(secrets.scrubValue({ "of shop-7f3a9c": ["shop-7f3a9c", { a: "shop" }] }), { "of [redacted]": ["[redacted]", { a: "[redacted]" }] });
});

test("a secret without a single well-formed character hides nothing else", () => {
  assert.equal(new Secrets(new Redaction({})).add("\ud800\ud800\ud800").scrub("a b"), "a b");
});

test("a cookie that only names a choice takes nothing from what is stored", async () => {
  provider.answer = (_request, response) => {
    response.writeHead(200, { "set-cookie": ["currency=EUR; Path=/", `sid=${SECRETS.cookie}`, "theme="] });
    response.end(JSON.stringify({ chargeId: "ch-1", currency: "EUR", session: SECRETS.cookie }));
  };
  assert.deepEqual(await charging().perform(callOf()), { kind: "ok", value: { chargeId: "ch-1", currency: "EUR", session: "[redacted]" } });
});
