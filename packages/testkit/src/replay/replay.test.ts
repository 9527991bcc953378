// Scripts that no checker has written: what stands before a step goes first, what never ends is left, and steps that cannot be are named.
import assert from "node:assert/strict";
import test from "node:test";
import { command, entity, event, service, type Schema } from "@evenkeel/core";
import { partitionOf } from "@evenkeel/core/spi";
import { inMemory, replay, type ReplayScript, type ReplayStep } from "./index.ts";

const text: Schema<{ readonly id: string; readonly note: string }> = {
  "~standard": {
    version: 1, vendor: "test",
    validate: (value) => typeof value === "object" && value !== null && "id" in value && "note" in value && typeof value.id === "string" && typeof value.note === "string"
      ? { value: { id: value.id, note: value.note } } : { issues: [{ message: "needs id and note" }] },
  },
};
const Write = command("write", { key: (one) => one.id, data: text });
const Noted = event("noted", { key: (one) => one.id, data: text });
const Page = entity("page", { data: text });

/** A key that shares its partition with "a" where there are as few as a replay begins with. */
const neighbour = Array.from({ length: 100 }, (_, index) => `k${String(index)}`).find((key) => partitionOf("default", key, 16) === partitionOf("default", "a", 16)) ?? "";

const writing = service("writing", { entities: { page: Page }, emits: [Noted] })
  .on(Write, ({ id, note }, { page, emit }) => {
    page.put(id, { id, note });
    emit(Noted({ id: neighbour, note }));
  })
  .on(Noted, ({ id, note }, { page }) => { page.put(id, { id, note }); });

let ids = 0;
const arrives = (note: string, stimulus: number): ReplayStep => ({
  does: "arrives", says: `write ${note}`, action: "write arrives", stimulus, again: false,
  message: {
    id: `00000000-0000-7000-9000-${String(++ids).padStart(12, "0")}`, name: "write", version: 1, tenant: "default", key: "a", body: JSON.stringify({ id: "a", note }),
    causationId: null, correlationId: "a", trace: null, occurredAt: 0,
  },
});
const handles = (name: string): ReplayStep => ({ does: "handles", says: `writing handles ${name}`, action: `writing handles ${name}`, service: "writing", version: 0, message: { name, key: "a" } });
const script = (steps: readonly ReplayStep[]): ReplayScript => ({ scenario: "pages", property: "watched", steps });

test("messages of another key that stand before one in its partition are handled first, and the step still happens", async () => {
  assert.notEqual(neighbour, "");
  const seen: string[] = [];
  const subject = {
    name: "pages",
    definition: {
      system: [writing], when: [Write({ id: "a", note: "" }), Write({ id: "a", note: "" })],
      invariants: { watched: (s: { readonly writing: { readonly page: readonly { readonly id: string; readonly note: string }[] } }): boolean => {
        seen.push(s.writing.page.map(({ id, note }) => `${id === "a" ? id : "neighbour"} ${note}`).join(", "));
        return true;
      } },
    },
  };
  const { skipped, settled } = await replay(script([arrives("one", 0), handles("write"), arrives("two", 1), handles("write")]), subject, inMemory());
  assert.deepEqual([skipped, settled], [[], true]);
  assert.deepEqual(seen, ["", "", "a one", "a one", "a one, neighbour one", "a two, neighbour one", "a two, neighbour two"]);
});

test("what is under way for ever ends after a while, and the replay says so", async () => {
  const endless = service("writing", { entities: {}, emits: [Write] }).on(Write, ({ id, note }, { schedule }) => { schedule(Write({ id, note }), { afterMs: 60_000 }); });
  const subject = { name: "pages", definition: { system: [endless], when: [Write({ id: "a", note: "" })], eventually: { watched: () => false } } };
  const { broken, settled, text: told } = await replay(script([arrives("one", 0)]), subject, inMemory());
  assert.deepEqual([broken, settled], [null, false]);
  assert.match(told, /holds as far as it was followed: what is under way does not come to an end\./);
});

test("a step of each kind that has nothing to move is left out with its reason", async () => {
  const call = { service: "writing", operation: "bank.pay", key: "a" };
  const message = { name: "write", key: "a" };
  const said = { says: "", action: "" };
  const steps: readonly ReplayStep[] = [
    handles("write"),
    { ...said, does: "is killed", service: "writing", message }, { ...said, does: "is redriven", service: "writing", message },
    { ...said, does: "performs", call, end: "ok", dies: false }, { ...said, does: "asks", call }, { ...said, does: "gives up", call },
    { ...said, does: "lands", call }, { ...said, does: "fires", message },
  ];
  const subject = { name: "pages", definition: { system: [writing], when: [], invariants: { watched: () => true } } };
  const { skipped } = await replay(script(steps), subject, inMemory());
  assert.deepEqual(skipped.map(({ step, why }) => `${String(step)} ${why}`), [
    "1 'writing' has no 'write' of the key 'a' to handle", "2 'writing' has no 'write' at the head of the key 'a'", "3 'writing' has no dead letter of the key 'a'",
    "4 'writing' has no call of 'bank.pay' under the key 'a' to be performed", "5 'writing' has no call of 'bank.pay' under the key 'a' to be performed",
    "6 'writing' has no call of 'bank.pay' under the key 'a' to be performed", "7 nothing of 'bank.pay' under the key 'a' is on its way",
    "8 no timer is armed with 'write' of the key 'a'",
  ]);
});
