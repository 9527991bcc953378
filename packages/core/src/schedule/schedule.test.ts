// What a schedule sends, over years and through outages, by the handlers that ship: each occurrence once, at its time, and what is missed by its policy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "../errors.ts";
import type { NewMessage } from "../message/definition.ts";
import { event } from "../message/definition.ts";
import type { Schema } from "../message/schema.ts";
import { every, type Calendar } from "./calendar.ts";
import { schedule, type SendOptions } from "./define.ts";
import type { Occurrence } from "./plan.ts";
import { ScheduleWorld } from "./testing/schedule-world.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1, 0, 30);

const AnyOccurrence: Schema<Occurrence, Occurrence> = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as Occurrence }) } };
const Tick = event("tick", { key: (tick) => tick.id, data: AnyOccurrence });

const ticking = (options: Partial<SendOptions<Occurrence>> = {}) =>
  schedule("ticking", { when: every({ hours: 1 }), send: Tick, data: (occurrence) => occurrence, ...options });
type Ticking = ReturnType<typeof ticking>;

async function begun(definition: Ticking): Promise<ScheduleWorld> {
  const world = new ScheduleWorld(START);
  await world.deliver(definition, definition.begin({}));
  return world;
}

const times = (world: ScheduleWorld): number[] => world.sent.map(({ data }) => (data as Occurrence).at);
const hours = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => START + HOUR / 2 + (from + index - 1) * HOUR);

test("over three years each hour comes once, at its time, under an id of its own", async () => {
  const definition = ticking();
  const world = await begun(definition);
  await world.pass(definition, START + 3 * 365 * DAY);
  assert.deepEqual(times(world), hours(1, 3 * 365 * 24));
  assert.ok(world.sent.every(({ at, data }) => at === (data as Occurrence).at));
  assert.equal(new Set(world.sent.map(({ data }) => (data as Occurrence).id)).size, world.sent.length);
  assert.deepEqual(world.sent[0]?.data, { id: "ticking/2026-01-01T01:00:00.000Z", at: START + HOUR / 2, triggered: false });
  assert.equal(world.document?.recent.length, 10);
  assert.equal(world.document.lastMissedAt, null);
});

for (const [catchUp, sent, missed] of [["skip", [8], 7], ["last", [8], 7], ["all", [2, 3, 4, 5, 6, 7, 8], null]] as const) {
  test(`after an outage that ends in time for an occurrence, \`${catchUp}\` sends ${String(sent.length)}`, async () => {
    const definition = ticking({ catchUp });
    const world = await begun(definition);
    await world.pass(definition, START + HOUR);
    world.now += 6.5 * HOUR + 30_000;
    await world.pass(definition, world.now);
    assert.deepEqual(times(world).slice(1), sent.flatMap((one) => hours(one, one)));
    assert.equal(world.document?.lastMissedAt ?? null, missed === null ? null : hours(missed, missed)[0]);
    await world.pass(definition, world.now + HOUR);
    assert.deepEqual(times(world).slice(-1), hours(9, 9));
  });
}

for (const [catchUp, sent, missed] of [["skip", [], 8], ["last", [8], 7], ["all", [5, 6, 7, 8], 4]] as const) {
  test(`after an outage longer than its window that ends between two occurrences, \`${catchUp}\` sends ${String(sent.length)}`, async () => {
    const definition = ticking(catchUp === "skip" ? { catchUp } : { catchUp, catchUpWindow: { hours: 4 } });
    const world = await begun(definition);
    await world.pass(definition, START + HOUR);
    world.now += 6.5 * HOUR + 20 * MINUTE;
    await world.pass(definition, world.now);
    assert.deepEqual(times(world).slice(1), sent.flatMap((one) => hours(one, one)));
    assert.equal(world.document?.lastMissedAt, hours(missed, missed)[0]);
  });
}

test("thousands of occurrences are made up in several commits, in order", async () => {
  const definition = ticking({ when: every({ seconds: 10 }), catchUp: "all" });
  const world = await begun(definition);
  const { looks } = world;
  await world.pass(definition, (world.now += 12 * HOUR));
  assert.deepEqual(times(world), Array.from({ length: 12 * 360 }, (_, index) => START + (index + 1) * 10_000));
  assert.ok(world.looks - looks <= 50, `${String(world.looks - looks)} commits`);
});

test("workers whose clocks are wrong send each occurrence once, and none before its time", async () => {
  for (const skewMs of [-HOUR, -5_000, 5_000, 50_000]) {
    const definition = ticking({ when: every({ minutes: 10 }) });
    const world = await begun(definition);
    for (let day = 1; day <= 3; day++) {
      world.skewMs = day % 2 === 0 ? 0 : skewMs;
      await world.deliver(definition, definition.begin({}));
      await world.pass(definition, START + day * DAY);
    }
    assert.deepEqual(times(world), Array.from({ length: 3 * 144 }, (_, index) => START + (index + 1) * 10 * MINUTE), String(skewMs));
    assert.ok(world.sent.every(({ at, data }) => at >= (data as Occurrence).at), String(skewMs));
  }
});

test("while it is paused nothing is sent, and nothing of it is made up; a trigger is sent all the same", async () => {
  const definition = ticking({ catchUp: "all" });
  const world = await begun(definition);
  await world.deliver(definition, definition.pause({ reason: "the warehouse moves" }));
  assert.equal(world.document?.pausedBecause, "the warehouse moves");
  assert.equal(world.timer, null);
  await world.pass(definition, START + DAY);
  await world.deliver(definition, definition.begin({}));
  assert.equal(world.timer, null);
  await world.deliver(definition, definition.trigger({}));
  await world.deliver(definition, definition.resume({}));
  await world.pass(definition, START + DAY + HOUR);
  assert.deepEqual(world.sent.map(({ data }) => data), [
    { id: "ticking/m-4", at: START + DAY, triggered: true },
    { id: "ticking/2026-01-02T01:00:00.000Z", at: START + DAY + HOUR / 2, triggered: false },
  ]);
});

test("another calendar begins when it is heard of; what the old one had due is still sent, and nothing is due twice", async () => {
  const old = ticking();
  const world = await begun(old);
  await world.pass(old, START + HOUR);
  // The deployment takes a while; the old plan's 02:00 falls into it.
  world.now += HOUR - 10 * MINUTE;
  const young = ticking({ when: every({ minutes: 15 }) });
  await world.deliver(young, young.begin({}));
  await world.pass(young, START + 2 * HOUR + 15 * MINUTE);
  const at = (text: string): number => Date.parse(`2026-01-01T${text}:00Z`);
  assert.deepEqual(times(world), [at("01:00"), at("02:00"), at("02:30"), at("02:45")]);
  assert.deepEqual(world.document?.calendar, "every 900000 ms");
});

test("other code comes into force within an hour, though nobody says so", async () => {
  const yearly = ticking({ when: every({ days: 365 }) });
  const world = await begun(yearly);
  const hourly = ticking();
  await world.pass(hourly, START + 3 * HOUR);
  assert.deepEqual(times(world), hours(2, 3));
});

test("a calendar that ends leaves no timer behind", async () => {
  const once: Calendar = { text: "once", next: (after) => (after < START + DAY ? START + DAY : null) };
  const definition = ticking({ when: once });
  const world = await begun(definition);
  await world.pass(definition, START + 2 * DAY);
  assert.deepEqual(times(world), [START + DAY]);
  assert.equal(world.timer, null);
  assert.equal(world.document?.nextAt, null);
});

const seed = Number(process.env["EVENKEEL_SEED"] ?? 1);

test(`through outages, repeats, stale timers, wrong clocks and two versions at once each occurrence is sent once, in order (seed ${String(seed)})`, async () => {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 200; round++) {
    const first = ticking({ catchUp: "all", when: every({ minutes: 20 }) });
    // In every other round two versions of the code name the same times in other words; then a plan made anew may give up what was missed.
    const other = round % 2 === 0 ? first : ticking({ catchUp: "all", when: { ...every({ minutes: 20 }), text: "other words" } });
    const world = await begun(first);
    const fired: NewMessage[] = [];
    for (let step = 0; step < 30; step++) {
      world.skewMs = random() < 0.7 ? 0 : Math.round((random() - 0.5) * 100_000);
      const version = random() < 0.5 ? first : other;
      if (world.timer !== null) fired.push(world.timer.message);
      const what = random();
      const stale = fired[Math.floor(random() * fired.length)];
      if (what < 0.3) world.now += Math.round(random() * 3 * HOUR);
      else if (what < 0.5) await world.deliver(version, version.begin({}));
      else if (what < 0.6 && stale !== undefined && (stale.data as { at: number }).at <= world.now) await world.deliver(version, stale);
      else await world.pass(version, world.now + Math.round(random() * 2 * HOUR));
    }
    const sent = times(world);
    assert.deepEqual(sent, [...new Set(sent)].sort((a, b) => a - b), `round ${String(round)}`);
    assert.ok(world.sent.every(({ at, data }) => at >= (data as Occurrence).at - 60_000), `round ${String(round)}`);
    if (other === first) assert.deepEqual(sent, sent.map((_, index) => START + 10 * MINUTE + index * 20 * MINUTE), `round ${String(round)}`);
  }
});

test("what is not valid in a definition is refused", () => {
  const refused = (define: () => unknown): string => {
    try {
      define();
      return "taken";
    } catch (error) {
      return isEvenkeelError(error) ? error.code : String(error);
    }
  };
  assert.equal(refused(() => every({ ms: 999 })), "SCHEDULE_INVALID");
  assert.equal(refused(() => every({ hours: 1 }, { from: new Date(NaN) })), "SCHEDULE_INVALID");
  assert.equal(refused(() => every({ hours: -1 })), "TIME_INVALID");
  assert.equal(refused(() => ticking({ catchUp: "some" as "all" })), "SCHEDULE_INVALID");
  assert.equal(refused(() => ticking({ catchUp: "skip", catchUpWindow: { days: 1 } })), "SCHEDULE_INVALID");
  assert.equal(refused(() => ticking({ catchUpWindow: { ms: 0 } })), "SCHEDULE_INVALID");
  assert.equal(refused(() => ticking({ catchUpWindow: { days: 5_000 } })), "TIME_INVALID");
  assert.equal(refused(() => ticking({ tenants: [] })), "SCHEDULE_INVALID");
  assert.equal(refused(() => ticking({ until: new Date(NaN) })), "SCHEDULE_INVALID");
  assert.equal(refused(() => ticking({ jitter: { minutes: -1 } })), "TIME_INVALID");
  assert.equal(refused(() => ticking({ tenants: ["no spaces"] })), "TENANT_INVALID");
  assert.equal(refused(() => ticking({ when: "0 3 * * *" as never })), "SCHEDULE_INVALID");
  assert.equal(refused(() => ticking({ catchup: "all" } as never)), "CONFIG_INVALID");
  assert.equal(refused(() => schedule("Bad name", { when: every({ hours: 1 }), send: Tick, data: (one) => one })), "NAME_INVALID");
  assert.equal(refused(() => ticking()), "taken");
});

test("a schedule that sends nothing, or two things, or nothing that could be made is refused where it is defined", () => {
  const when = every({ hours: 1 });
  const send = { send: Tick, data: (one: Occurrence) => one };
  const start = { start: { name: "report", start: Tick }, input: (one: Occurrence) => one };
  const wrong: readonly (readonly [option: string, options: object, why: RegExp])[] = [
    ["send", {}, /`send` of schedule 'ticking' is missing, and so is `start`/],
    ["send", { data: send.data }, /is missing, and so is `start`/],
    ["send", { ...send, ...start }, /stands beside `start`: give one of the two/],
    ["send", { ...send, send: "tick" }, /is no message/],
    ["data", { send: Tick }, /is no function/],
    ["start", { ...start, start: "report" }, /is no workflow/],
    ["input", { start: start.start }, /is no function/],
  ];
  for (const [option, options, message] of wrong) {
    const untyped = { when, ...options } as SendOptions<Occurrence>;
    assert.throws(() => schedule("ticking", untyped), { code: "SCHEDULE_INVALID", details: { schedule: "ticking", option }, message });
  }
  assert.throws(() => schedule("ticking", { when, sends: Tick } as never), { code: "CONFIG_INVALID", details: { option: "sends" } });
});

test("an option that a calendar does not know is refused by its name", () => {
  const misspelled: object = { form: new Date(START) };
  assert.throws(() => every({ hours: 1 }, misspelled), {
    code: "CONFIG_INVALID", message: "A calendar of equal intervals has form, and there is no such option: known ones are from.",
  });
});

test("intervals count from 1970, or from the time given, before which there is none", () => {
  const from = new Date("2026-03-01T09:10:00Z");
  const plain = every({ hours: 2 });
  const later = every({ hours: 2 }, { from });
  assert.equal(plain.next(Date.UTC(2026, 2, 1, 8)), Date.UTC(2026, 2, 1, 10));
  assert.equal(plain.next(Date.UTC(2026, 2, 1, 8) - 1), Date.UTC(2026, 2, 1, 8));
  assert.equal(later.next(0), from.getTime());
  assert.equal(later.next(from.getTime()), from.getTime() + 2 * HOUR);
  assert.equal(later.next(from.getTime() + HOUR), from.getTime() + 2 * HOUR);
});
