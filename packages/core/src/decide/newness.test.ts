// Documents presumed to be new: who is presumed to be, what that spares, and what happens where it was wrong.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createAppOn } from "../app.ts";
import { terminal } from "../errors.ts";
import { manualHost } from "../call/testing/manual-host.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { event } from "../message/definition.ts";
import type { Store } from "../spi/store.ts";
import { setImmediate } from "node:timers/promises";
import { entity } from "./entity.ts";
import { Newness } from "./newness.ts";
import { service } from "./service.ts";

test("a document is presumed to be new after so many in a row that were, by message and by entity", () => {
  const newness = new Newness(2);
  newness.found("opened", "account", true);
  assert.equal(newness.presumes("opened", "account"), false);
  newness.found("opened", "account", true);
  assert.deepEqual(
    [newness.presumes("opened", "account"), newness.presumes("opened", "owner"), newness.presumes("closed", "account")], [true, false, false],
  );
});

test("one that was there, and a commit that met another version, end what is presumed", () => {
  const newness = new Newness(1);
  newness.found("opened", "account", true);
  newness.found("opened", "account", false);
  assert.equal(newness.presumes("opened", "account"), false);
  newness.found("opened", "account", true);
  newness.doubt();
  assert.equal(newness.presumes("opened", "account"), false);
});

const Opened = event("opened", { key: ({ id }) => id, data: z.object({ id: z.string() }) });
const Account = entity("account", { data: z.object({ openings: z.int() }) });
const Changed = event("changed", { key: ({ id }) => id, data: z.object({ id: z.string(), isNew: z.boolean() }) });
const accounts = service("accounts", { entities: { account: Account } }).on(Changed, async ({ id, isNew }, { account }) => {
  const before = await account.get(id);
  if (before === undefined && !isNew) throw terminal("UNKNOWN_ACCOUNT", `There is no account ${id}.`);
  account.put(id, { openings: (before?.openings ?? 0) + 1 });
}).on(Opened, async ({ id }, { account }) => {
  const before = await account.get(id);
  account.put(id, { openings: (before?.openings ?? 0) + 1 });
});

async function scene() {
  const host = manualHost(setImmediate);
  const store = memoryStore({ host });
  const loads: string[] = [];
  const counted: Store = { ...store, load: (refs) => { loads.push(...refs.map(({ key }) => key)); return store.load(refs); } };
  const app = await createAppOn({ services: [accounts], accepts: [Opened, Changed], store: counted, host, settings: { cacheLength: 0 } });
  const done = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    void work.then(() => { over = true; }, () => { over = true; });
    while (!(over as boolean)) await host.pass(1);
    return work;
  };
  await done(app.start());
  const openings = async (id: string): Promise<number | undefined> => (await done(app.read(Account, id)))?.openings;
  return { app, host, loads, done, openings };
}

test("messages that create documents stop asking for them, and one that meets an old document finds it all the same", async () => {
  const { app, host, loads, done, openings } = await scene();
  const open = async (id: string): Promise<void> => {
    await done(app.publish(Opened({ id })));
    await host.pass(20);
  };
  for (let one = 0; one < 300; one++) await open(`a-${String(one)}`);
  const before = loads.length;
  assert.ok(before >= 256 && before < 300, `${String(before)} of 300 were asked for`);
  await open("a-300");
  assert.equal(loads.length, before);
  await open("a-0");
  assert.equal(loads.length, before + 1);
  assert.deepEqual([await openings("a-0"), await openings("a-1"), await openings("a-300")], [2, 1, 1]);
  assert.equal(app.stats.groups["accounts"]?.conflicts, 1);
  await done(app.stop());
});

test("a message that fails because a document is presumed to be absent is decided again on what is there", async () => {
  const { app, host, loads, done, openings } = await scene();
  const change = async (id: string, isNew: boolean): Promise<void> => {
    await done(app.publish(Changed({ id, isNew })));
    await host.pass(20);
  };
  for (let one = 0; one < 300; one++) await change(`a-${String(one)}`, true);
  const before = loads.length;
  assert.ok(before < 300);
  await change("a-0", false);
  assert.deepEqual([await openings("a-0"), app.stats.groups["accounts"]?.deadLetters], [2, 0]);
  await change("never", false);
  assert.equal(app.stats.groups["accounts"]?.deadLetters, 1);
  await done(app.stop());
});
