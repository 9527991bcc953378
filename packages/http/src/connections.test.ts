// Connections and bodies against a real server that misbehaves: what was sent, what is given up, and how many sockets that takes.
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { httpClient } from "./http-client.ts";
import { callOf, card, endOf } from "./testing/card.ts";
import { json, testProvider, type TestProvider } from "./testing/provider.ts";

let provider: TestProvider;
before(async () => { provider = await testProvider((_request, response) => { json(response, 200, {}); }); });
after(() => provider.close());

const client = (options: Partial<Parameters<typeof httpClient>[0]> = {}) => httpClient({ url: provider.url, maxResponseBytes: 10_000, ...options });
const pinging = (one = client()) => one.operation(card.ping, { request: () => ({ path: "/ping", json: {} }) });
const ping = (one = client(), signal = new AbortController().signal) => endOf(pinging(one).perform({ ...callOf({ signal }), input: {} }));

/** A promise and its end. */
function gate(): { readonly passed: Promise<void>; pass: () => void } {
  let pass = (): void => undefined;
  const passed = new Promise<void>((resolve) => { pass = resolve; });
  return { passed, pass };
}

test("1,000 requests at once go over no more connections than allowed, and all are answered", async () => {
  const own = await testProvider((_request, response) => { setImmediate(() => { json(response, 200, {}); }); });
  const one = httpClient({ url: own.url, connections: 8 });
  const ends = await Promise.all(Array.from({ length: 1_000 }, () => ping(one)));
  assert.deepEqual(new Set(ends), new Set([`{"kind":"ok","value":{}}`]));
  assert.equal(own.seen.length, 1_000);
  assert.ok(own.sockets.most <= 8, `${String(own.sockets.most)} connections`);
  assert.equal(own.sockets.made, own.sockets.most, "connections were used again");
  assert.deepEqual(one.stats(), { connections: 8, underWay: 0, waiting: 0 });
  await one.close();
  await own.close();
});

test("a connection is used again after any answer that was read to its end: an error, a decline, chunks", async () => {
  const own = await testProvider((_request, response, nth) => {
    if (nth % 3 === 0) json(response, 500, { much: "x".repeat(5_000) });
    else if (nth % 3 === 1) { response.write(`{"in":`); response.end(`"chunks"}`); } else json(response, 402, {});
  });
  const one = httpClient({ url: own.url });
  for (let index = 0; index < 12; index++) await ping(one);
  assert.equal(own.seen.length, 12);
  // A request that follows at once may find the connection still busy with the end of the one before.
  assert.ok(own.sockets.made <= 2, `${String(own.sockets.made)} connections`);
  await one.close();
  await own.close();
});

test("each client has its own connections: one whose provider hangs holds up no other", async () => {
  provider.answer = (request, response) => { if (request.headers["x-slow"] === undefined) json(response, 200, {}); };
  const slow = client({ connections: 1, headers: { "x-slow": "1" } });
  const giveUp = new AbortController();
  const hanging = ping(slow, giveUp.signal);
  assert.match(await ping(client({ connections: 1 })), /"ok"/);
  giveUp.abort();
  assert.match(await hanging, /^unknown HTTP_LOST: .*it was given up/);
});

test("who is given up while waiting for a connection is certainly not performed, and is never sent", async () => {
  const arrived = gate();
  provider.answer = () => { arrived.pass(); };
  const one = client({ connections: 1 });
  const first = new AbortController();
  const second = new AbortController();
  const hanging = ping(one, first.signal);
  await arrived.passed;
  const sent = provider.seen.length;
  const waiting = ping(one, second.signal);
  while (one.stats().waiting === 0) await pause(1);
  assert.deepEqual(one.stats(), { connections: 1, underWay: 1, waiting: 1 });
  second.abort();
  assert.match(await waiting, /^notPerformed later: .*it was not sent: it was given up/);
  provider.answer = (_request, response) => { json(response, 200, {}); };
  first.abort();
  assert.match(await hanging, /^unknown HTTP_LOST/);
  assert.match(await ping(one), /"ok"/);
  assert.equal(provider.seen.length, sent + 1, "only the last one was sent");
});

test("given up before it began it is not sent", async () => {
  const sent = provider.seen.length;
  assert.match(await ping(client(), AbortSignal.abort()), /^notPerformed later/);
  assert.equal(provider.seen.length, sent);
});

test("a server that hangs is left when the signal aborts, and sees the connection go", async () => {
  const arrived = gate();
  const left = gate();
  provider.answer = (_request, response) => { response.on("close", () => { left.pass(); }); arrived.pass(); };
  const giveUp = new AbortController();
  const hanging = ping(client(), giveUp.signal);
  await arrived.passed;
  giveUp.abort();
  assert.match(await hanging, /^unknown HTTP_LOST: .*no answer came: it was given up\. Ask by its key/);
  await left.passed;
});

test("a connection dropped or reset after the request leaves the outcome unknown", async () => {
  provider.answer = (_request, response) => { response.destroy(); };
  assert.match(await ping(), /^unknown HTTP_LOST: .*no answer came: /);
  provider.answer = (_request, response) => { response.socket?.resetAndDestroy(); };
  assert.match(await ping(), /^unknown HTTP_LOST: .*no answer came: /);
});

test("a body cut short is no answer, whatever its status promised", async () => {
  provider.answer = (_request, response) => { response.writeHead(200, { "content-length": "100" }); response.write("{"); setImmediate(() => response.destroy()); };
  assert.match(await ping(), /^unknown HTTP_LOST: .*its answer 200 was cut short/);
});

test("a slow body is waited for until the signal aborts", async () => {
  const started = gate();
  provider.answer = (_request, response) => { response.writeHead(200); response.write(`{"a":`); started.pass(); };
  const giveUp = new AbortController();
  const slow = ping(client(), giveUp.signal);
  await started.passed;
  await pause(20);
  giveUp.abort();
  assert.match(await slow, /^unknown HTTP_LOST/);
});

test("a giant body is cut at its limit, announced or not, and the server is stopped from sending more", async () => {
  const stopped = gate();
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024, "x");
  provider.answer = (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
      if (!response.destroyed) response.once("drain", more);
    };
    response.on("close", () => { stopped.pass(); });
    more();
  };
  assert.match(await ping(), /^unknown HTTP_ANSWER_TOO_LARGE: .*longer than maxResponseBytes/);
  await stopped.passed;
  assert.ok(written < 64 * 1024 * 1024, `${String(written)} bytes were written before it stopped`);
  provider.answer = (_request, response) => { response.writeHead(200, { "content-length": "10001" }); response.write("x"); };
  assert.match(await ping(), /^unknown HTTP_ANSWER_TOO_LARGE/);
  provider.answer = (_request, response) => { json(response, 200, "x".repeat(9_998)); };
  assert.match(await ping(), /"ok"/, "exactly at the limit");
});

test("a status that says that nothing happened says so whatever its body is", async () => {
  provider.answer = (_request, response) => { response.writeHead(429, { "retry-after": "2", "content-length": "99999999" }); response.write("x"); };
  assert.match(await ping(), /^notPerformed later after 2000/);
});

test("informational answers are passed over", async () => {
  provider.answer = (_request, response) => { response.writeProcessing(); response.writeEarlyHints({ link: "</x>" }); json(response, 200, {}); };
  assert.match(await ping(), /"ok"/);
});

test("an unused connection is not in the way when its server has closed it", async () => {
  provider.answer = (_request, response) => { json(response, 200, {}, { connection: "close" }); };
  const one = client();
  for (let index = 0; index < 5; index++) assert.match(await ping(one), /"ok"/);
  provider.answer = (_request, response) => { json(response, 200, {}, { "keep-alive": "timeout=1" }); };
  for (let index = 0; index < 5; index++) assert.match(await ping(one), /"ok"/);
});

test("a closed client sends nothing more", async () => {
  const one = client();
  assert.match(await ping(one), /"ok"/);
  await one.close();
  assert.match(await ping(one), /^notPerformed later/);
});

test("requests that were given up while no connection could be made leave nothing behind", async () => {
  // Accepts, and never answers the greeting of TLS: a host that is away behind something that is not.
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => { sockets.add(socket); socket.on("error", () => undefined); });
  await new Promise<void>((resolve) => { silent.listen(0, "127.0.0.1", resolve); });
  const address = silent.address();
  assert.ok(typeof address === "object" && address !== null);
  const one = httpClient({ url: `https://127.0.0.1:${String(address.port)}`, connections: 2, connectTimeoutMs: 60_000 });
  const giveUp = new AbortController();
  const ends = Promise.all(Array.from({ length: 500 }, () => ping(one, giveUp.signal)));
  await pause(20);
  giveUp.abort();
  assert.ok((await ends).every((end) => end.startsWith("notPerformed ")));
  assert.ok(one.stats().waiting <= 2, `${String(one.stats().waiting)} still wait`);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => { silent.close(resolve); });
  await one.close();
});

test("a client that is closed answers those that wait for a connection first", async () => {
  const own = await testProvider((_request, response) => { setTimeout(() => { json(response, 200, {}); }, 5); });
  const one = httpClient({ url: own.url, connections: 1 });
  const ends = Array.from({ length: 5 }, () => ping(one));
  await pause(2);
  await one.close();
  assert.deepEqual(await Promise.all(ends), Array.from({ length: 5 }, () => `{"kind":"ok","value":{}}`));
  assert.match(await ping(one), /^notPerformed /);
  await own.close();
});

test("the announced length of an answer that has no body is not held against it", async () => {
  provider.answer = (_request, response) => { response.writeHead(200, { "content-length": "50000" }).end(); };
  const one = client();
  assert.equal((await one.send({ method: "HEAD", path: "/big" })).headers["content-length"], "50000");
  await one.close();
});
