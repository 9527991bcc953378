// A schedule as it ships, driven through every order of its timers, repeats of what it is told, pauses, dead letters and two versions of its code.
import assert from "node:assert/strict";
import { test } from "node:test";
import { entity, event, schedule, service, workflow, type Calendar } from "@evenkeel/core";
import { z } from "zod";
import { check, optional } from "../index.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 1);
const TIMES = [1, 2, 3].map((one) => NOW + one * MINUTE);

/** Three times, and then none: without an end there would be no end of states. */
const thrice = (text: string): Calendar => ({ text, next: (after) => TIMES.find((one) => one > after) ?? null });
const Tick = event("tick", { key: (tick) => tick.id, data: z.object({ id: z.string(), triggered: z.boolean() }) });
const ticking = schedule("ticking", { when: thrice("thrice"), send: Tick, data: ({ id, triggered }) => ({ id, triggered }), catchUp: "all" });
const counter = service("counter", { entities: { seen: entity("seen", { data: z.object({ times: z.number() }) }) } })
  .on(Tick, async ({ id }, { seen }) => { seen.put(id, { times: ((await seen.get(id))?.times ?? 0) + 1 }); });
const ids = TIMES.map((at) => `ticking/${new Date(at).toISOString()}`);

test("each occurrence comes once, whatever is repeated and whoever dies", async () => {
  const report = await check({
    system: [ticking, counter], when: [ticking.begin({})], faults: { duplicates: 1, poisons: 1, redrives: 1 }, now: NOW,
    invariants: { "an occurrence is handled once": (s) => s.counter.seen.every(({ times }) => times === 1) },
    sometimes: { "all of them came": (s) => s.counter.seen.length === 3 },
    eventually: { "none is lost": (s) => s.deadLetters.length > 0 || ids.every((id) => s.counter.seen.some(({ key }) => key === id)) },
  });
  assert.equal(report.verdict, "pass", report.reason);
});

test("two versions of its code side by side send each occurrence once, also where their calendars have other names", async () => {
  const renamed = schedule("ticking", { when: thrice("three times"), send: Tick, data: ({ id, triggered }) => ({ id, triggered }), catchUp: "all" });
  const report = await check({
    system: [ticking, counter], versions: [renamed], when: [ticking.begin({}), optional(ticking.begin({}))], now: NOW,
    invariants: { "an occurrence is handled once": (s) => s.counter.seen.every(({ times }) => times === 1) },
    eventually: { "none is lost": (s) => s.counter.seen.length === 3 },
  });
  assert.equal(report.verdict, "pass", report.reason);
});

test("a pause that may come at any time, a resume and a trigger leave each occurrence at most once, and the trigger's once", async () => {
  const report = await check({
    system: [ticking, counter], given: [ticking.begin({})], now: NOW,
    when: [ticking.pause({ reason: "stocktaking" }), ticking.resume({}), optional(ticking.trigger({}))],
    invariants: { "an occurrence is handled once": (s) => s.counter.seen.every(({ times }) => times === 1) },
    sometimes: {
      "a trigger is sent in a pause": (s) => s.ticking.states.some(({ status, recent }) => status === "paused" && recent.some((one) => one.triggered)),
    },
    eventually: { "it is never left without its timer": (s) => s.ticking.states.every(({ status, nextAt }) => status === "paused" || nextAt === null) },
  });
  assert.equal(report.verdict, "pass", report.reason);
});

test("runs that may not overlap do not, and whoever is left out is told of as missed", async () => {
  const slow = workflow("slow", { input: z.object({ id: z.string() }) }, async (_input, w) => { await w.sleep({ minutes: 1 }); });
  const runs = schedule("ticking", { when: thrice("thrice"), start: slow, input: ({ id }) => ({ id }), overlap: "skip", catchUp: "all" });
  const report = await check({
    system: [runs, slow], when: [runs.begin({})], now: NOW,
    invariants: { "one run at a time": (s) => s.slow.runs.filter(({ status }) => status === "running").length <= 1 },
    sometimes: {
      "one was left out": (s) => s.ticking.states.some(({ lastMissedAt }) => lastMissedAt !== null),
      "none was left out": (s) => s.slow.runs.length === 3,
    },
    eventually: { "the last run is over, and known to be": (s) => s.ticking.states.every(({ running }) => running === null) },
  });
  assert.equal(report.verdict, "pass", report.reason);
});
