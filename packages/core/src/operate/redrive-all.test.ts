// Redriving many: every letter of many pages once, at the pace that was asked for, going on after failures and telling each.
import assert from "node:assert/strict";
import test from "node:test";
import { EvenkeelError } from "../errors.ts";
import type { Host } from "../spi/host.ts";
import type { ControlEntry, ParkedEntry, ParkedFilter } from "../spi/store.ts";
import { deadLetters } from "../operate.ts";

type Fate = "done" | "fails again" | "refused" | "unanswered";

function letter(index: number, group = "billing"): ParkedEntry {
  const key = `k-${String(index)}`;
  const message = {
    id: String(index), name: "order.placed", version: 1, tenant: "default", key, partition: 0, position: index, body: "{}", causationId: null,
    correlationId: "", trace: null, occurredAt: 0,
  };
  return {
    group, partition: 0, tenant: "default", key, position: index, state: "dead", attempts: 1, code: "X", reason: "", behind: 0, parkedAt: index,
    message, editedBody: null,
  };
}

/** A store whose owner answers at the next look, each letter according to its fate. Its clock moves by what is waited for. */
function scene(letters: readonly ParkedEntry[], fateOf: (letter: ParkedEntry) => Fate = () => "done") {
  let now = 0;
  let parked = [...letters];
  const asked: { readonly key: string; readonly at: number }[] = [];
  const controls: ControlEntry[] = [];
  const trouble = { listing: Infinity, asking: Infinity };
  let listings = 0;
  let read = 0;
  let askings = 0;
  let mostAtOnce = 0;
  const host: Host = {
    now: () => now, elapsed: () => now, random: () => 0, newId: () => "", soon: setImmediate, log: () => undefined,
    after: (ms, task) => { now += ms; setImmediate(task); return () => undefined; },
  };
  const away = (): never => { throw new EvenkeelError("STORE_UNAVAILABLE", "The store is away."); };
  const store = {
    listParked: async ({ limit, after }: ParkedFilter) => {
      if (++listings > trouble.listing) away();
      const found = parked.filter((one) => after === undefined || one.position > after.position).slice(0, limit);
      read += found.length;
      return found;
    },
    requestControl: async (requests: readonly Pick<ControlEntry, "group" | "partition" | "tenant" | "key" | "position" | "action" | "body" | "actor" | "note">[]) => {
      if (++askings > trouble.asking) away();
      mostAtOnce = Math.max(mostAtOnce, requests.length);
      return requests.map((request) => {
        asked.push({ key: request.key, at: now });
        const entry = parked.find((one) => one.key === request.key && one.group === request.group);
        const fate = entry === undefined ? "refused" : fateOf(entry);
        if (fate === "done") parked = parked.filter((one) => one !== entry);
        const id = controls.length + 1;
        const result = fate === "refused" ? "refused: nothing of this key is parked any more" : "done";
        controls.push({ ...request, id, requestedAt: now, ...(fate === "unanswered" ? { doneAt: null, result: null } : { doneAt: now, result }) });
        return id;
      });
    },
    controls: async ({ ids = [] }: { ids?: readonly number[] }) => ids.flatMap((id) => controls[id - 1] ?? []),
    summary: async () => [],
  };
  return { letters: deadLetters(store, host), asked, controls, trouble, left: () => parked.length, read: () => read, mostAtOnce: () => mostAtOnce };
}

const NOTE = { actor: "ann", note: "bank is back" };
const many = (count: number): ParkedEntry[] => Array.from({ length: count }, (_, index) => letter(index));

test("more letters than a page are all redriven, oldest first, each with who and why, a bounded number at once", async () => {
  const at = scene(many(3_210));
  const told: number[] = [];
  const { done, failed, left, complete } = await at.letters.redriveAll({}, { ...NOTE, onProgress: (count) => { told.push(count); } });
  assert.deepEqual([done.length, failed, left, complete], [3_210, [], 0, true]);
  assert.deepEqual(at.asked.map((one) => one.key), many(3_210).map((one) => one.key));
  assert.ok(at.controls.every((one) => one.actor === "ann" && one.note === "bank is back" && one.action === "redrive"));
  assert.equal(at.left(), 0);
  assert.equal(at.mostAtOnce(), 100);
  assert.equal(told.at(-1), 3_210);
});

test("letters that fail again stay, hide nothing behind them, and are asked for once", async () => {
  const at = scene(many(3_000), (one) => one.position < 2_000 ? "fails again" : "done");
  const { done, complete } = await at.letters.redriveAll({}, NOTE);
  assert.deepEqual([done.length, at.asked.length, at.left(), complete], [3_000, 3_000, 2_000, true]);
  assert.equal(at.read(), 3_000, "each letter is read once, however many stay");
});

test("a refusal does not end it, and is told with its letter", async () => {
  const at = scene(many(1_500), (one) => one.position % 500 === 0 ? "refused" : "done");
  const { done, failed, left } = await at.letters.redriveAll({}, NOTE);
  assert.deepEqual([done.length, left], [1_497, 0]);
  assert.deepEqual(failed.map((one) => [one.letter.position, one.code]), [[0, "CONTROL_REFUSED"], [500, "CONTROL_REFUSED"], [1_000, "CONTROL_REFUSED"]]);
});

test("a service without workers is left alone after the first that go unanswered; the other services go on", async () => {
  const letters = Array.from({ length: 1_200 }, (_, index) => letter(index, index % 2 === 0 ? "billing" : "shipping"));
  const at = scene(letters, (one) => one.group === "billing" ? "unanswered" : "done");
  const { done, failed, left, complete } = await at.letters.redriveAll({}, NOTE);
  assert.ok(done.every((one) => one.group === "shipping"));
  assert.deepEqual([done.length, failed.length, left, complete], [600, 50, 550, true]);
  assert.ok(failed.every((one) => one.code === "CONTROL_UNANSWERED" && one.letter.group === "billing"));
});

test("a store that goes away ends it with what was done, and what is not known to be done", async () => {
  const asking = scene(many(1_500));
  asking.trouble.asking = 3;
  const first = await asking.letters.redriveAll({}, NOTE);
  assert.deepEqual([first.done.length, first.failed.length, first.left, first.complete], [300, 100, 600, false]);
  assert.ok(first.failed.every((one) => one.code === "STORE_UNAVAILABLE"));
  const listing = scene(many(1_500));
  listing.trouble.listing = 1;
  const second = await listing.letters.redriveAll({}, NOTE);
  assert.deepEqual([second.done.length, second.failed.length, second.left, second.complete], [1_000, 0, 0, false]);
  const never = scene(many(1));
  never.trouble.listing = 0;
  await assert.rejects(never.letters.redriveAll({}, NOTE), { code: "STORE_UNAVAILABLE" });
});

test("the pace is kept from the first to the last", async () => {
  for (const perSecond of [0.5, 20, 5_000]) {
    const at = scene(many(300));
    await at.letters.redriveAll({}, { ...NOTE, perSecond });
    for (const [index, { at: ms }] of at.asked.entries()) {
      const allowed = Math.floor((ms / 1_000) * perSecond) + Math.max(1, Math.min(100, perSecond / 10));
      assert.ok(index < allowed, `${String(index + 1)} asked for by ${String(ms)} ms at ${String(perSecond)} a second`);
    }
  }
});

test("what is no pace is refused before anything is asked for", async () => {
  for (const perSecond of [NaN, Infinity, 0, -1]) {
    const at = scene(many(3));
    await assert.rejects(at.letters.redriveAll({}, { ...NOTE, perSecond }), { code: "CONFIG_INVALID" });
    assert.equal(at.asked.length, 0);
  }
});

test("a limit bounds how many, also where those fail again", async () => {
  const at = scene(many(3_000), () => "fails again");
  const { done, left } = await at.letters.redriveAll({ limit: 1_700 }, NOTE);
  assert.deepEqual([done.length, at.asked.length, left], [1_700, 1_700, 0]);
  const none = scene(many(3));
  assert.deepEqual((await none.letters.redriveAll({ limit: 0 }, NOTE)).done, []);
});
