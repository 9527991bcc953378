// Handlers that depend on more than their message and their documents are found, and named with the line.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as later } from "node:timers/promises";
import { command, entity, service } from "@evenkeel/core";
import { z } from "zod";
import { check, type SystemReport } from "../index.ts";

const Go = command("go", { key: () => "k", data: z.object({}) });
const Note = entity("note", { data: z.object({ text: z.string() }) });

function checked(what: (text: string | undefined) => string | Promise<string>): Promise<SystemReport> {
  const noting = service("noting", { entities: { note: Note } }).on(Go, async (_, { note }) => {
    note.put("k", { text: await what((await note.get("k"))?.text) });
  });
  return check({ system: [noting], when: [Go({})] });
}

const FORBIDDEN: Readonly<Record<string, () => string | Promise<string>>> = {
  "Date.now()": () => String(Date.now()),
  "new Date()": () => new Date().toISOString(),
  "Math.random()": () => String(Math.random()),
  "performance.now()": () => String(performance.now()),
  "crypto.randomUUID()": () => crypto.randomUUID(),
  "crypto.getRandomValues()": () => String(crypto.getRandomValues(new Uint8Array(1))),
  "setTimeout()": () => new Promise((resolve) => { setTimeout(() => { resolve(""); }, 1); }),
  "setImmediate()": () => new Promise((resolve) => { setImmediate(() => { resolve(""); }); }),
  "fetch()": async () => (await fetch("http://127.0.0.1:1/")).text(),
};

for (const [what, use] of Object.entries(FORBIDDEN)) {
  test(`${what} in a handler is found, with its line`, async () => {
    const report = await checked(use);
    assert.equal(report.verdict, "nondeterministic");
    assert.ok(report.reason.includes(what), report.reason);
    assert.match(report.reason, /service 'noting'/);
    assert.match(report.reason, /guard\.test\.ts/);
  });
}

test("what was imported is found as well", async () => {
  assert.match((await checked(() => randomUUID())).reason, /crypto\.randomUUID\(\)/);
  assert.match((await checked(async () => { await later(1); return ""; })).reason, /setTimeout\(\)/);
});

test("a handler that hides what it did is found", async () => {
  const report = await checked(() => { try { return String(Math.random()); } catch { return "hidden"; } });
  assert.equal(report.verdict, "nondeterministic");
});

test("a promise that never settles is reported, not waited for", async () => {
  const report = await checked(() => new Promise<string>(() => undefined));
  assert.equal(report.verdict, "nondeterministic");
  assert.match(report.reason, /'go' in service 'noting' awaits something that is not one of its reads/);
});

test("a handler that keeps something between its runs is found by running it again", async () => {
  let runs = 0;
  const report = await checked(() => String(++runs));
  assert.equal(report.verdict, "nondeterministic");
  assert.match(report.reason, /decided differently when it was run again/);
});

test("dates of a given moment, microtasks and crypto that is no chance are allowed", async () => {
  const report = await checked(async () => {
    await Promise.resolve();
    return new Date(0).toISOString() + String(Date.parse("2026-01-01")) + String(new Date(1) instanceof Date);
  });
  assert.equal(report.verdict, "pass");
});

test("outside of handlers and afterwards nothing is refused", async () => {
  const before = Date;
  const report = await check({
    system: [service("noting", { entities: { note: Note } }).on(Go, () => undefined)], when: [Go({})],
    invariants: { "an invariant may look at the clock, if it must": () => Date.now() > 0 && Math.random() >= 0 },
  });
  assert.equal(report.verdict, "pass");
  assert.equal(Date, before);
  assert.ok(Date.now() > 0);
});
