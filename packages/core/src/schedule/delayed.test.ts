// Schedules with a jitter, and such as end: each occurrence is sent once, within its jitter, under the id of its time, also while the code changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { event } from "../message/definition.ts";
import type { Schema } from "../message/schema.ts";
import { every } from "./calendar.ts";
import { schedule, type SendOptions } from "./define.ts";
import { delayed } from "./delayed.ts";
import type { Occurrence } from "./plan.ts";
import { ScheduleWorld } from "./testing/schedule-world.ts";

const seed = Number(process.env["EVENKEEL_SEED"] ?? 1);
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1, 0, 30);
const AnyOccurrence: Schema<Occurrence, Occurrence> = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as Occurrence }) } };
const Tick = event("tick", { key: (tick) => tick.id, data: AnyOccurrence });
const ticking = (options: Partial<SendOptions<Occurrence>>) => schedule("ticking", { when: every({ hours: 1 }), send: Tick, data: (one) => one, ...options });

async function begun(definition: ReturnType<typeof ticking>): Promise<ScheduleWorld> {
  const world = new ScheduleWorld(START);
  await world.deliver(definition, definition.begin({}));
  return world;
}

const sentOf = (world: ScheduleWorld) => world.sent.map(({ at, data }) => ({ sentAt: at, ...(data as Occurrence) }));
const hoursTo = (until: number): number[] => Array.from({ length: Math.floor((until - START) / HOUR + 0.5) }, (_, index) => START + HOUR / 2 + index * HOUR);

test("With a jitter each occurrence is sent once, up to so long after its time, under the id of its time, and by every worker alike", async () => {
  const definition = ticking({ jitter: { minutes: 20 }, catchUp: "skip" });
  const world = await begun(definition);
  await world.pass(definition, START + 30 * DAY);
  const sent = sentOf(world);
  assert.deepEqual(sent.map(({ at }) => at), hoursTo(START + 30 * DAY).slice(0, sent.length));
  assert.ok(sent.length >= 30 * 24 - 1);
  assert.ok(sent.every(({ sentAt, at, id }) => sentAt >= at && sentAt < at + 20 * MINUTE && id === `ticking/${new Date(at).toISOString()}`));
  const delays = sent.map(({ sentAt, at }) => sentAt - at);
  assert.ok(new Set(delays).size > 600);
  // They are spread over all of it.
  for (const part of [0, 5, 10, 15]) assert.ok(delays.filter((one) => one >= part * MINUTE && one < (part + 5) * MINUTE).length > 100);
  const other = await begun(definition);
  await other.pass(definition, START + 30 * DAY);
  assert.deepEqual(sentOf(other), sent);
  assert.equal(world.document?.lastMissedAt, null);
});

test("A jitter that is longer than the interval changes no order, and other seeds have other delays", () => {
  const times = (seed: string): readonly number[] => {
    const calendar = delayed(every({ minutes: 1 }), 6 * HOUR, seed);
    const found: number[] = [];
    for (let next = calendar.next(calendar.after(START)); next !== null && found.length < 500; next = calendar.next(next)) found.push(next);
    assert.deepEqual(found.map((at) => calendar.timeFor(at)), found.map((_, index) => START + (index + 1) * MINUTE), seed);
    return found;
  };
  const [one, other] = [times("one"), times("other")];
  assert.ok(one.every((at, index) => at - START - (index + 1) * MINUTE < MINUTE));
  assert.ok(one.filter((at, index) => at !== other[index]).length > 490);
});

test("A schedule begins and is resumed with the next time, and not with one whose delay is not over", async () => {
  const definition = ticking({ jitter: { minutes: 59 } });
  const world = new ScheduleWorld(START - HOUR / 2 + 1);
  await world.deliver(definition, definition.begin({}));
  assert.equal(world.document?.nextFor, START + HOUR / 2);
  await world.deliver(definition, definition.pause({ reason: "quiet" }));
  assert.deepEqual([world.document.nextAt, world.document.nextFor], [null, null]);
  world.now = START + 5 * HOUR / 2 + 1;
  await world.deliver(definition, definition.resume({}));
  assert.equal(world.document.nextFor, START + 7 * HOUR / 2);
});

test("A jitter that is longer than the time between two occurrences is refused, and a delay asks a calendar of any kind only so often", () => {
  assert.throws(() => ticking({ jitter: { minutes: 61 } }), { code: "SCHEDULE_INVALID", message: /`jitter` .* is 3660000 ms.* 3600000 ms later/ });
  ticking({ jitter: { minutes: 60 } });
  const dayOf = (after: number): number => Math.floor(after / DAY) * DAY;
  const twice = { text: "at 0:00 and 0:05", next: (after: number) => after < dayOf(after) + 5 * MINUTE ? dayOf(after) + 5 * MINUTE : dayOf(after) + DAY };
  assert.throws(() => ticking({ when: twice, jitter: { minutes: 6 } }), { code: "SCHEDULE_INVALID" });
  // Close together only after the times that are looked at.
  let asked = 0;
  const late = { text: "dense later", next: (after: number) => { asked++; return after < START ? START : after + 1_000; } };
  const calendar = delayed(late, 365 * DAY, "seed");
  for (let at = START; at < START + 100 * DAY; at += DAY) calendar.next(at);
  assert.ok(asked <= 100 * 50, String(asked));
});

test("A calendar that goes back or stands still is refused, at its definition or where it does", async () => {
  for (const next of [(after: number) => after, () => 0, () => NaN]) {
    assert.throws(() => ticking({ when: { text: "broken", next } }), { code: "SCHEDULE_INVALID", message: /calendar 'broken' of schedule 'ticking' gave/ });
  }
  const later = ticking({ when: { text: "breaks", next: (after) => after < START + HOUR ? START + HOUR : after < START + DAY ? after + HOUR : START } });
  const world = await begun(later);
  await assert.rejects(world.pass(later, START + 2 * DAY), { code: "SCHEDULE_INVALID", message: /calendar 'breaks'/ });
});

test("A short pause loses no occurrence from before it: neither one whose delay is not over, nor one that was due and not sent yet", async () => {
  const definition = ticking({ jitter: { minutes: 40 } });
  const world = await begun(definition);
  await world.pass(definition, START + 3 * HOUR);
  const { nextAt, nextFor } = world.document ?? {};
  // In the middle of a delay.
  const next = await begun(definition);
  await next.pass(definition, (nextFor ?? 0) + 1);
  await next.deliver(definition, definition.pause({ reason: "a moment" }));
  next.now += 1_000;
  await next.deliver(definition, definition.resume({}));
  assert.deepEqual([next.document?.nextFor, next.document?.nextAt], [nextFor, nextAt]);
  await next.pass(definition, START + 5 * HOUR);
  assert.deepEqual(sentOf(next).map(({ at }) => at), hoursTo(START + 5 * HOUR).filter((at) => at <= (sentOf(next).at(-1)?.at ?? 0)));
  // Due, and the message that pauses it comes before that of its timer.
  const plain = ticking({});
  const cases = [[5_000, "skip", 1], [5_000, "last", 1], [5 * HOUR, "skip", 0], [5 * HOUR, "last", 1], [5 * HOUR, "all", 1], [30 * HOUR, "all", 0]] as const;
  for (const [pausedMs, catchUp, sent] of cases) {
    const of = ticking({ catchUp });
    const racing = await begun(plain);
    racing.now = START + HOUR / 2 + 300;
    await racing.deliver(of, of.pause({ reason: "a moment" }));
    racing.now += pausedMs;
    await racing.deliver(of, of.resume({}));
    // The store's clock is heard of by a timer, within a minute.
    await racing.pass(of, racing.now + 2 * MINUTE);
    const seen = sentOf(racing).filter(({ at }) => at <= START + HOUR / 2);
    assert.equal(seen.length, sent, `${catchUp} after ${String(pausedMs)}`);
    if (sent === 0) assert.equal(racing.document?.lastMissedAt, START + HOUR / 2, `${catchUp} after ${String(pausedMs)}: it is told`);
    assert.deepEqual(sentOf(racing).filter(({ at }) => at > START + HOUR / 2), [], "nothing of the pause is made up");
    await racing.pass(of, racing.now + 3 * HOUR);
    assert.deepEqual(racing.document?.pauses, []);
  }
});

test("An occurrence from before a pause is sent after it, or told as missed, also where the calendar changes meanwhile", async () => {
  const due = START + HOUR / 2;
  // More often, less often, and no more at all: none of them need know of what the old calendar owes.
  const others: Partial<SendOptions<Occurrence>>[] = [
    { when: every({ minutes: 7 }) }, { when: every({ days: 1 }) }, { jitter: { minutes: 20 } }, { until: new Date(START) },
  ];
  for (const [index, other] of others.entries()) {
    for (const [pausedMs, catchUp, sent] of [[5_000, "skip", 1], [5 * HOUR, "skip", 0], [5 * HOUR, "last", 1], [5 * HOUR, "all", 1], [30 * HOUR, "all", 0]] as const) {
      const what = `calendar ${String(index)}, ${catchUp} after ${String(pausedMs)}`;
      const world = await begun(ticking({}));
      world.now = due + 300;
      const [old, young] = [ticking({ catchUp }), ticking({ catchUp, ...other })];
      await world.deliver(old, old.pause({ reason: "a moment" }));
      world.now += 1_000;
      await world.deliver(old, old.pause({ reason: "still" }));
      assert.deepEqual([world.document?.nextAt, world.document?.nextFor, world.timer], [due, due, null], what);
      world.now += pausedMs - 1_000;
      await world.deliver(young, young.begin({}));
      assert.deepEqual(world.sent, [], `${what}: nothing is sent during the pause`);
      await world.deliver(young, young.resume({}));
      const resumedAt = world.now;
      await world.pass(young, resumedAt + 2 * DAY);
      const times = sentOf(world).map(({ at }) => at);
      assert.deepEqual(times.filter((at) => at <= due), sent === 1 ? [due] : [], what);
      assert.deepEqual(times.filter((at) => at > due && at <= resumedAt), [], `${what}: nothing of the pause is made up`);
      if (sent === 0) assert.equal(world.document?.lastMissedAt, due, `${what}: it is told`);
    }
  }
});

test(`Through pauses of any length each occurrence whose time is in none is sent once, and none of a pause (seed ${String(seed)})`, async () => {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 200; round++) {
    const definition = ticking({ catchUp: "all", ...(round % 2 === 0 ? {} : { jitter: { minutes: 50 } }) });
    const world = await begun(definition);
    const pauses: { readonly from: number; readonly to: number }[] = [];
    for (let step = 0; step < 20; step++) {
      await world.pass(definition, world.now + Math.round(random() * 90 * MINUTE));
      // The timer that is due may come behind the pause.
      world.now += Math.round(random() * random() * 70 * MINUTE);
      const from = world.now;
      await world.deliver(definition, definition.pause({ reason: "a moment" }));
      world.now += Math.round(random() * random() * 100 * MINUTE);
      if (random() < 0.3) await world.deliver(definition, definition.pause({ reason: "still" }));
      await world.deliver(definition, definition.resume({}));
      pauses.push({ from, to: world.now });
    }
    await world.pass(definition, world.now + 3 * HOUR);
    const wanted = hoursTo(world.now).filter((at) => at <= world.now && !pauses.some(({ from, to }) => at > from && at <= to));
    const sent = sentOf(world).map(({ at }) => at);
    assert.deepEqual(sent, wanted.slice(0, sent.length), `round ${String(round)}`);
    assert.ok(sent.length >= wanted.length - 1, `round ${String(round)}`);
    assert.deepEqual(world.document?.pauses, [], `round ${String(round)}`);
  }
});

test("A schedule that ends sends what is for its last moment, and nothing after it but what is triggered; a later end goes on from then", async () => {
  const definition = ticking({ until: new Date(START + HOUR / 2 + 3 * HOUR), jitter: { minutes: 10 } });
  const world = await begun(definition);
  await world.pass(definition, START + DAY);
  assert.deepEqual(sentOf(world).map(({ at }) => at), hoursTo(START + 4 * HOUR));
  assert.deepEqual([world.timer, world.document?.nextAt, world.document?.lastMissedAt], [null, null, null]);
  await world.deliver(definition, definition.trigger({}));
  assert.equal(sentOf(world).at(-1)?.triggered, true);
  const longer = ticking({ until: new Date(START + 2 * DAY), catchUp: "all" });
  await world.deliver(longer, longer.begin({}));
  await world.pass(longer, START + 3 * DAY);
  assert.deepEqual(sentOf(world).slice(5).map(({ at }) => at), hoursTo(START + 2 * DAY).filter((at) => at > START + DAY));
  assert.equal(world.document?.nextAt, null);
});

test("What is missed before the end is made up after it", async () => {
  const definition = ticking({ until: new Date(START + 3 * HOUR), catchUp: "all" });
  const world = await begun(definition);
  await world.pass(definition, (world.now += 10 * HOUR));
  assert.deepEqual(sentOf(world).map(({ at }) => at), hoursTo(START + 3 * HOUR));
});

test(`While the jitter changes, each occurrence is sent once, and none is lost (seed ${String(seed)})`, async () => {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const versions = [{}, { jitter: { minutes: 40 } }, { jitter: { minutes: 3 } }].map((one) => ticking({ ...one, catchUp: "all" }));
  for (let round = 0; round < 200; round++) {
    const world = await begun(versions[round % 3] ?? ticking({}));
    for (let step = 0; step < 30; step++) {
      const version = versions[Math.floor(random() * 3)] ?? ticking({});
      await world.deliver(version, version.begin({}));
      await world.pass(version, world.now + Math.round(random() * 90 * MINUTE));
    }
    const sent = sentOf(world).map(({ at }) => at);
    assert.deepEqual(sent, hoursTo(world.now).slice(0, sent.length), `round ${String(round)}`);
    assert.ok(sent.length >= hoursTo(world.now).length - 1, `round ${String(round)}`);
  }
});
