// Anomalies of sagas that hold one thing and wait for another (A26, A27). The deadlock is a system that comes to rest unfinished. The livelock
// needs fairness, of which checks of systems cannot speak: it is a model.
import test from "node:test";
import { command, entity, event, service } from "@evenkeel/core";
import { z } from "zod";
import { check, model } from "../index.ts";
import { assertBroken, assertFixed } from "./pinned.ts";

const Transfer = command("transfer", { key: (one) => one.id, data: z.object({ id: z.string(), first: z.string(), second: z.string() }) });
const lock = z.object({ lock: z.string(), saga: z.string() });
const Ask = command("ask", { key: (one) => one.lock, data: lock });
const Release = command("release", { key: (one) => one.lock, data: lock });
const Granted = event("granted", { key: (one) => one.saga, data: lock });

const locks = service("locks", { entities: { lock: entity("lock", { data: z.object({ holders: z.array(z.string()) }) }) }, emits: [Granted] })
  .on(Ask, async ({ lock: name, saga }, { lock: held, emit }) => {
    const { holders } = (await held.get(name)) ?? { holders: [] };
    held.put(name, { holders: [...holders, saga] });
    if (holders.length === 0) emit(Granted({ lock: name, saga }));
  })
  .on(Release, async ({ lock: name }, { lock: held, emit }) => {
    const { holders: [, next, ...others] } = (await held.get(name)) ?? { holders: [] };
    held.put(name, { holders: next === undefined ? [] : [next, ...others] });
    if (next !== undefined) emit(Granted({ lock: name, saga: next }));
  });

test("A26: two transfers that lock their accounts in opposite orders wait for each other for ever; in one order, they do not", async () => {
  const Saga = entity("saga", { data: z.object({ wants: z.array(z.string()), isDone: z.boolean() }) });
  const transfers = (order: "as they come" | "sorted") => service("transfers", { entities: { saga: Saga }, emits: [Ask, Release] })
    .on(Transfer, ({ id: one, first, second }, { saga, emit }) => {
      const wants = order === "sorted" ? [first, second].sort() : [first, second];
      saga.put(one, { wants, isDone: false });
      emit(Ask({ lock: wants[0] ?? "", saga: one }));
    })
    .on(Granted, async ({ lock: name, saga: one }, { saga, emit }) => {
      const wants = (await saga.get(one))?.wants ?? [name];
      const following = wants[wants.indexOf(name) + 1];
      if (following !== undefined) return emit(Ask({ lock: following, saga: one }));
      saga.put(one, { wants, isDone: true });
      for (const want of wants) emit(Release({ lock: want, saga: one }));
    });
  const checked = (order: "as they come" | "sorted") => check({
    system: [transfers(order), locks], when: [Transfer({ id: "s", first: "a", second: "b" }), Transfer({ id: "t", first: "b", second: "a" })],
    eventually: { "both are done": (s) => s.transfers.saga.every(({ isDone }) => isDone), "all is free": (s) => s.locks.lock.every(({ holders }) => holders.length === 0) },
  });
  assertBroken(await checked("as they come"), "both are done", 10);
  assertFixed(await checked("sorted"), 99);
});

/** Two sagas that want two locks in opposite orders, and give up what they have when the other lock is taken. */
function polite(gives: "both give way" | "the younger gives way", fairness: "weak" | "strong") {
  const other = { s: "t", t: "s" } as const;
  const first = { s: "a", t: "b" } as const;
  const second = { s: "b", t: "a" } as const;
  type Name = "s" | "t";
  type Locks = { readonly a: Name | null; readonly b: Name | null; readonly done: readonly Name[] };
  const init: readonly Locks[] = [{ a: null, b: null, done: [] }];
  const takeFirst = (me: Name) => (s: Locks, next: (s: Locks) => void): void => {
    // The younger waits while the older has begun.
    if (gives === "the younger gives way" && me === "t" && s.a !== null) return;
    if (!s.done.includes(me) && s[first[me]] === null) next({ ...s, [first[me]]: me });
  };
  const finish = (me: Name) => (s: Locks, next: (s: Locks) => void): void => {
    if (s[first[me]] === me && s[second[me]] === null) next({ ...s, [first[me]]: null, done: [...s.done, me].sort() });
  };
  const giveWay = (me: Name) => (s: Locks, next: (s: Locks) => void): void => {
    if (gives === "the younger gives way" && me === "s") return;
    if (s[first[me]] === me && s[second[me]] === other[me]) next({ ...s, [first[me]]: null });
  };
  const actions = {
    "s takes": takeFirst("s"), "t takes": takeFirst("t"), "s ends": finish("s"), "t ends": finish("t"), "s gives way": giveWay("s"), "t gives way": giveWay("t"),
  };
  const names = ["s takes", "t takes", "s ends", "t ends", "s gives way", "t gives way"] as const;
  return model({
    name: `${gives}, ${fairness} fairness`, init, actions, deadlock: "allowed",
    eventually: { "both are done": (s) => s.done.length === 2 },
    fairness: fairness === "weak" ? { weak: names } : { weak: names, strong: ["s ends", "t ends"] },
  });
}

test("A27: two sagas that both give way and try again at once may do so for ever; only strong fairness, which is luck, ends that", async () => {
  assertBroken(await check(polite("both give way", "weak")), "both are done", 3);
  assertFixed(await check(polite("both give way", "strong")), 9);
});

test("A27: where only the younger gives way, and waits, weak fairness is enough for both", async () => {
  assertFixed(await check(polite("the younger gives way", "weak")), 9);
});
