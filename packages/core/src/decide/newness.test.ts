// Documents presumed to be new: who is presumed to be, what that spares, and what happens where it was wrong.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createAppOn } from "../app.ts";
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
const accounts = service("accounts", { entities: { account: Account } }).on(Opened, async ({ id }, { account }) => {
  const before = await account.get(id);
  account.put(id, { openings: (before?.openings ?? 0) + 1 });
});

test("messages that create documents stop asking for them, and one that meets an old document finds it all the same", async () => {
  const host = manualHost(setImmediate);
  const store = memoryStore({ host });
  const loads: string[] = [];
  const counted: Store = { ...store, load: (refs) => { loads.push(...refs.map(({ key }) => key)); return store.load(refs); } };
  const app = await createAppOn({ services: [accounts], accepts: [Opened], store: counted, host, settings: { cacheLength: 0 } });
  const done = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    void work.then(() => { over = true; }, () => { over = true; });
    while (!(over as boolean)) await host.pass(1);
    return work;
  };
  await done(app.start());
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
  assert.deepEqual(await Promise.all(["a-0", "a-1", "a-300"].map(async (id) => (await done(app.read(Account, id)))?.openings)), [2, 1, 1]);
  assert.equal(app.stats.groups["accounts"]?.conflicts, 1);
  await done(app.stop());
});
