// The payment provider in its own process: contract, faults, death and restart.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { charge, findCharge, findRefund, refund } from "../testing/providerClient.ts";
import type { LedgerEntry } from "./contract.ts";
import { exchange } from "./exchange.ts";
import { readHealth, readLedger } from "./operate.ts";
import { ProviderError } from "./providerError.ts";
import { inheritedOptions, ProviderStartError, startProvider, type Provider } from "./start.ts";

let provider: Provider;
let url = "";
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "provider-"));
  provider = await startProvider();
  url = provider.url;
});
beforeEach(() => provider.setFaults({}));
after(async () => {
  await provider.stop();
  await rm(folder, { recursive: true });
});

let used = 0;
const freshKey = (): string => `order ${(used += 1)}/50%?&charge`;
const body = { orderId: "order-1", customer: "17850", pence: 1_530 };
async function ledgerOf(at = url): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const entry of readLedger(at)) entries.push(entry);
  return entries;
}
async function failure(call: Promise<unknown>): Promise<ProviderError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ProviderError, String(error));
    return error;
  }
  return assert.fail("the call was answered");
}
const codeAndPerformed = async (call: Promise<unknown>): Promise<string> => {
  const error = await failure(call);
  return `${error.code} ${error.performed}`;
};

test("the same key and body are charged once and answered alike; another body is refused", async () => {
  const key = freshKey();
  const first = await charge({ url, key, body });
  assert.ok(first.kind === "ok");
  assert.deepEqual(first.charge, { kind: "captured", id: first.charge.id, key, ...body });
  assert.deepEqual(await Promise.all([charge({ url, key, body }), charge({ url, key, body })]), [first, first]);
  const other = await charge({ url, key, body: { ...body, pence: 1 } });
  assert.ok(other.kind === "refused" && other.code === "KEY_REUSED");
  assert.deepEqual((await ledgerOf()).filter((entry) => entry.key === key), [first.charge]);
});

test("a charge and a refund are found by key, and absence is said", async () => {
  const key = freshKey();
  assert.deepEqual(await findCharge({ url, key }), { kind: "absent" });
  const charged = await charge({ url, key, body });
  assert.ok(charged.kind === "ok");
  assert.deepEqual(await findCharge({ url, key }), { kind: "found", record: charged.charge });
  assert.deepEqual(await findRefund({ url, key }), { kind: "absent" });
  const refunded = await refund({ url, key, body: { chargeKey: key, pence: 30 } });
  assert.ok(refunded.kind === "ok");
  assert.deepEqual(await findRefund({ url, key }), { kind: "found", record: refunded.refund });
});

test("refunds stop at what was captured; the refusal is kept under its key", async () => {
  const key = freshKey();
  await charge({ url, key, body });
  assert.equal((await refund({ url, key: `${key}1`, body: { chargeKey: key, pence: 1_000 } })).kind, "ok");
  const beyond = await refund({ url, key: `${key}2`, body: { chargeKey: key, pence: 531 } });
  assert.ok(beyond.kind === "refused" && beyond.code === "BEYOND_CAPTURED");
  assert.equal(beyond.refundablePence, 530);
  assert.equal((await refund({ url, key: `${key}3`, body: { chargeKey: key, pence: 530 } })).kind, "ok");
  assert.deepEqual(await refund({ url, key: `${key}2`, body: { chargeKey: key, pence: 531 } }), beyond);
});

test("a refund of a charge that is not there is refused and not kept, so it succeeds once the charge is", async () => {
  const key = freshKey();
  const early = await refund({ url, key: `${key}r`, body: { chargeKey: key, pence: 5 } });
  assert.ok(early.kind === "refused" && early.code === "NO_SUCH_CHARGE");
  await charge({ url, key, body });
  assert.equal((await refund({ url, key: `${key}r`, body: { chargeKey: key, pence: 5 } })).kind, "ok");
});

test("a decline is an answer that stays, also when the rule behind it is gone", async () => {
  const key = freshKey();
  await provider.setFaults({ declineAbovePence: 1_000 });
  assert.deepEqual(await charge({ url, key, body }), { kind: "declined", reason: "limit exceeded" });
  await provider.setFaults({});
  assert.deepEqual(await charge({ url, key, body }), { kind: "declined", reason: "limit exceeded" });
  const found = await findCharge({ url, key });
  assert.ok(found.kind === "found" && found.record.kind === "declined");
});

test("malformed requests get typed answers and perform nothing", async () => {
  const answers = [
    await exchange({ url, method: "POST", path: "/charges", body }),
    await exchange({ url, method: "POST", path: "/charges", key: "k", body: { ...body, pence: 1.5 } }),
    await exchange({ url, method: "POST", path: "/charges", key: "k", body: { ...body, extra: 1 } }),
    await exchange({ url, method: "POST", path: "/charges", key: "k", body: { ...body, orderId: "x".repeat(70_000) } }),
    await exchange({ url, method: "GET", path: "/charges/by-key/%" }),
    await exchange({ url, method: "GET", path: "/nowhere" }),
    await exchange({ url, method: "PUT", path: "/faults", body: { hang: 0.6, error500: 0.6 } }),
  ];
  assert.deepEqual(answers.map(({ status, text }) => `${status} ${/"code":"(\w+)"/.exec(text)?.[1]}`), [
    "400 BAD_REQUEST", "400 BAD_REQUEST", "400 BAD_REQUEST", "413 TOO_LARGE", "400 BAD_REQUEST", "404 NOT_FOUND", "400 BAD_REQUEST",
  ]);
  const notJson = await fetch(`${url}/charges`, { method: "POST", headers: { "idempotency-key": "k" }, body: "{pence" });
  assert.deepEqual([notJson.status, (await notJson.text()).includes("not JSON")], [400, true]);
  assert.equal(await codeAndPerformed(charge({ url, key: freshKey(), body: { ...body, pence: -1 } })), "PROVIDER_REJECTED_REQUEST no");
  assert.equal(await codeAndPerformed(provider.setFaults({ hang: 2 })), "PROVIDER_REJECTED_REQUEST no");
  assert.deepEqual(await findCharge({ url, key: "k" }), { kind: "absent" });
});

test("down performs nothing and says so; health and ledger still answer", async () => {
  const key = freshKey();
  await provider.setFaults({ down: true });
  assert.equal(await codeAndPerformed(charge({ url, key, body })), "PROVIDER_DOWN no");
  assert.equal(await codeAndPerformed(findCharge({ url, key })), "PROVIDER_DOWN no");
  assert.equal((await readHealth(url)).kind, "down");
  assert.ok((await ledgerOf()).every((entry) => entry.key !== key));
  await provider.setFaults({});
  assert.deepEqual(await findCharge({ url, key }), { kind: "absent" });
});

test("a connection dropped after charging leaves the outcome unknown, and the charge is found by key", async () => {
  const key = freshKey();
  await provider.setFaults({ dropAfterCharging: 1 });
  assert.equal(await codeAndPerformed(charge({ url, key, body })), "PROVIDER_CONNECTION_LOST unknown");
  assert.equal((await findCharge({ url, key })).kind, "found");
  await provider.setFaults({});
  assert.equal((await charge({ url, key, body })).kind, "ok");
  assert.equal((await ledgerOf()).filter((entry) => entry.key === key).length, 1);
});

test("a connection dropped before charging looks the same to the caller, and nothing was charged", async () => {
  const key = freshKey();
  await provider.setFaults({ dropBeforeCharging: 1 });
  assert.equal(await codeAndPerformed(charge({ url, key, body })), "PROVIDER_CONNECTION_LOST unknown");
  assert.deepEqual(await findCharge({ url, key }), { kind: "absent" });
});

test("an answer of 500 and a hanging request are unknown: some were charged, some were not, and every key says which", async () => {
  for (const [faults, expected] of [[{ error500: 1 }, "PROVIDER_FAILED unknown"], [{ hang: 1 }, "PROVIDER_TIMED_OUT unknown"]] as const) {
    await provider.setFaults(faults);
    const keys = Array.from({ length: 16 }, freshKey);
    const outcomes = await Promise.all(keys.map((key) => codeAndPerformed(charge({ url, key, body, signal: AbortSignal.timeout(1_500) }))));
    assert.deepEqual(outcomes, Array(16).fill(expected));
    const found = await Promise.all(keys.map(async (key) => (await findCharge({ url, key })).kind));
    assert.deepEqual([...new Set(found)].sort(), ["absent", "found"]);
    const ledger = new Set((await ledgerOf()).map((entry) => entry.key));
    keys.forEach((key, index) => assert.equal(ledger.has(key), found[index] === "found"));
  }
});

test("a slow charge is performed although its caller gave up: it is seen processing and then found", async () => {
  const key = freshKey();
  await provider.setFaults({ delayMs: 1_000 });
  const caller = new AbortController();
  const slow = codeAndPerformed(charge({ url, key, body, signal: caller.signal }));
  let seen = await findCharge({ url, key });
  while (seen.kind === "absent") seen = await findCharge({ url, key });
  assert.deepEqual(seen, { kind: "processing" });
  caller.abort();
  assert.equal(await slow, "PROVIDER_TIMED_OUT unknown");
  const again = charge({ url, key, body });
  const other = await charge({ url, key, body: { ...body, pence: 2 } });
  assert.ok(other.kind === "refused" && other.code === "KEY_REUSED");
  assert.equal((await again).kind, "ok");
  assert.equal((await findCharge({ url, key })).kind, "found");
  assert.equal((await ledgerOf()).filter((entry) => entry.key === key).length, 1);
});

test("a call that never left is certainly not performed", async () => {
  const key = freshKey();
  const closed = createServer();
  const port = await new Promise<number>((resolve) => {
    closed.listen(0, "127.0.0.1", () => {
      const address = closed.address();
      closed.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
  assert.equal(await codeAndPerformed(charge({ url: `http://127.0.0.1:${port}`, key, body })), "PROVIDER_NOT_SENT no");
  assert.equal(await codeAndPerformed(charge({ url, key, body, signal: AbortSignal.abort() })), "PROVIDER_NOT_SENT no");
  assert.deepEqual(await findCharge({ url, key }), { kind: "absent" });
});

test("a killed provider that keeps a journal starts again with all it answered, at the same address", async () => {
  const journal = join(folder, "journal.ndjson");
  const first = await startProvider({ journal });
  const charged = await charge({ url: first.url, key: "a", body });
  await refund({ url: first.url, key: "r", body: { chargeKey: "a", pence: 500 } });
  await first.setFaults({ declineCustomers: ["17850"] });
  await charge({ url: first.url, key: "b", body });
  const ledger = await ledgerOf(first.url);
  await first.kill();
  assert.equal(await codeAndPerformed(charge({ url: first.url, key: "c", body })).then((text) => text.startsWith("PROVIDER_")), true);
  await appendFile(journal, '{"kind":"captured","id":"ch_9","ke'); // as a death in the middle of a line leaves it
  const second = await startProvider({ journal, port: Number(new URL(first.url).port) });
  try {
    assert.equal(second.url, first.url);
    assert.deepEqual(await charge({ url: second.url, key: "a", body }), charged);
    assert.deepEqual(await charge({ url: second.url, key: "b", body }), { kind: "declined", reason: "customer blocked" });
    assert.equal((await refund({ url: second.url, key: "r2", body: { chargeKey: "a", pence: 1_031 } })).kind, "refused");
    assert.equal((await charge({ url: second.url, key: "d", body })).kind, "ok");
    assert.deepEqual((await ledgerOf(second.url)).slice(0, 2), ledger);
    assert.ok((await readFile(journal, "utf8")).split("\n").slice(0, -1).every((line) => line.endsWith("}")));
  } finally {
    await second.stop();
  }
});

test("a damaged journal is refused with its line and left as it is", async () => {
  const journal = join(folder, "damaged.ndjson");
  const content = '{"kind":"nonsense"}\nhalf a li';
  await writeFile(journal, content);
  await assert.rejects(startProvider({ journal }), (error) => error instanceof ProviderStartError && /Line 1 of the journal/.test(error.message));
  assert.equal(await readFile(journal, "utf8"), content);
});

test("a long ledger arrives whole, and a reader that leaves early does no harm", async () => {
  const own = await startProvider();
  try {
    const keys = Array.from({ length: 1_200 }, (_, index) => `k${index}`);
    for (let from = 0; from < keys.length; from += 100) await Promise.all(keys.slice(from, from + 100).map((key) => charge({ url: own.url, key, body })));
    for await (const entry of readLedger(own.url)) if (entry.key === "k0") break;
    assert.deepEqual((await ledgerOf(own.url)).map((entry) => entry.key).sort(), keys.toSorted());
    assert.deepEqual(await readHealth(own.url), { kind: "up", captured: 1_200, declined: 0, refunded: 0, processing: 0 });
  } finally {
    await own.stop();
  }
});

test("a stopped provider is gone, also while requests hang", async () => {
  const own = await startProvider();
  await own.setFaults({ hang: 1 });
  const hanging = codeAndPerformed(charge({ url: own.url, key: "k", body }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await own.stop();
  assert.match(await hanging, /^PROVIDER_(CONNECTION_LOST unknown|NOT_SENT no)$/);
  assert.equal(isAlive(own.pid), false);
});

test("a provider ends when the process that started it is killed", async () => {
  const script = join(folder, "parent.mts");
  await writeFile(script, `import { startProvider } from ${JSON.stringify(new URL("./start.ts", import.meta.url).href)};\nconsole.log((await startProvider()).pid);\n`);
  const parent = spawn(process.execPath, [...inheritedOptions(process.execArgv), script], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = await new Promise<number>((resolve) => parent.stdout.once("data", (text: Buffer) => resolve(Number(text.toString()))));
  assert.ok(isAlive(pid));
  parent.kill("SIGKILL");
  for (let wait = 0; wait < 500 && isAlive(pid); wait += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(isAlive(pid), false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a child inherits loaders and conditions but not what belongs to its parent alone", () => {
  assert.deepEqual(
    inheritedOptions(["--conditions=evenkeel-source", "--import", "tsx", "--test", "--test-name-pattern", "x", "--inspect=0", "-e", "1", "--no-warnings"]),
    ["--conditions=evenkeel-source", "--import", "tsx", "--no-warnings"],
  );
});
