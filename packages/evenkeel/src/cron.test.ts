// Cron expressions over years, held against the clocks of three zones quarter by quarter: the hour that is left out, the hour that comes twice; and what
// is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError, type Calendar } from "@evenkeel/core";
import { cron } from "./cron.ts";

const QUARTER = 15 * 60_000;
const FROM = Date.UTC(2025, 11, 31), UNTIL = Date.UTC(2028, 0, 1);

/** Every quarter of an hour with what a clock in the zone shows: minutes since midnight of a day. */
function clockOf(timeZone: string): readonly { readonly at: number; readonly day: string; readonly minute: number }[] {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short", timeStyle: "short", hourCycle: "h23" });
  return Array.from({ length: (UNTIL - FROM) / QUARTER }, (_, index) => {
    const at = FROM + index * QUARTER;
    const [day = "", time = ""] = format.format(at).split(", ");
    const [hour = NaN, minute = NaN] = time.split(":").map(Number);
    return { at, day, minute: hour * 60 + minute };
  });
}

/** All occurrences, from the second day on that the zone's clock shows here. */
function all(calendar: Calendar, first: number): number[] {
  const found: number[] = [];
  for (let at = calendar.next(first - 1); at !== null && at < UNTIL; at = calendar.next(at)) found.push(at);
  return found;
}

const ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe"];
/** A time of the day that is left out once a year, and one that comes twice. */
const TIMES: readonly (readonly [string, number])[] = [["30 1 * * *", 90], ["15 2 * * *", 135], ["0 3 * * *", 180], ["45 1 * * *", 105]];

for (const timeZone of ZONES) {
  const clock = clockOf(timeZone);
  const secondDay = clock.findIndex(({ day }) => day !== clock[0]?.day);
  const seen = clock.slice(secondDay);
  const first = seen[0]?.at ?? NaN;
  const days = [...new Set(seen.map((one) => one.day))].slice(0, -1);

  for (const [expression, minute] of TIMES) {
    test(`${expression} in ${timeZone} comes once a day for two years: at its first time, or at the first moment after a gap`, () => {
      const byDay = grouped(seen);
      const expected = days.map((day) => byDay.get(day)?.find((one) => one.minute >= minute)?.at);
      assert.deepEqual(all(cron(expression, { timeZone }), first).slice(0, days.length), expected);
    });
  }

  test(`*/15 in ${timeZone} follows the time that passes, through both changes of each year`, () => {
    const changes = seen.slice(1).flatMap((one, index) => ((one.minute - (seen[index]?.minute ?? 0) + 1_440) % 1_440 === 15 ? [] : [one.at]));
    assert.equal(changes.length, 4);
    const calendar = cron("*/15 * * * *", { timeZone });
    for (const change of changes) {
      const around = Array.from({ length: 96 }, (_, index) => change + (index - 48) * QUARTER);
      assert.deepEqual(around.map((at) => calendar.next(at - 1)), around);
    }
  });
}

function grouped<T extends { readonly day: string }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(one.day, [...(groups.get(one.day) ?? []), one]);
  return groups;
}

test("the days on which clocks change, by name", () => {
  const next = (expression: string, timeZone: string, after: string): string =>
    new Date(cron(expression, { timeZone }).next(Date.parse(after)) ?? NaN).toISOString();
  // 01:00 to 02:00 does not exist: the first moment after it is 02:00 there.
  assert.equal(next("30 1 * * *", "Europe/London", "2026-03-28T12:00:00Z"), "2026-03-29T01:00:00.000Z");
  assert.equal(next("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z"), "2026-03-08T07:00:00.000Z");
  // 01:30 comes twice: the first of them, in summer time, and not again.
  assert.equal(next("30 1 * * *", "Europe/London", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00.000Z");
  assert.equal(next("30 1 * * *", "Europe/London", "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00.000Z");
  // An expression that follows the time that passes comes in both.
  assert.equal(next("30 * * * *", "Europe/London", "2026-10-25T00:30:00Z"), "2026-10-25T01:30:00.000Z");
  assert.equal(next("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z"), "2028-02-29T00:00:00.000Z");
  assert.equal(next("*/10 * * * * *", "UTC", "2026-01-01T00:00:00.001Z"), "2026-01-01T00:00:10.000Z");
  assert.equal(next("@daily", "Europe/London", "2026-06-01T12:00:00Z"), "2026-06-01T23:00:00.000Z");
});

test("an expression or a zone that is not one is refused, with what is wrong", () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ["61 * * * *", "UTC", /cannot be read .*61/], ["0 3 * *", "UTC", /4 fields/], ["", "UTC", /1 fields/], ["0 0 3 * * * 2027", "UTC", /7 fields/],
    ["2026-01-01T00:00:00", "UTC", /1 fields/], ["@reboot", "UTC", /1 fields/], ["? 3 * * *", "UTC", /'\?'/],
    ["0 0 30 2 *", "UTC", /no time that ever comes/], ["0 3 * * *", "Mars/Phobos", /time zone 'Mars\/Phobos'/], ["0 3 * * nonday", "UTC", /cannot be read/],
  ];
  for (const [expression, timeZone, why] of refused) {
    const isRefusal = (error: unknown): boolean => isEvenkeelError(error) && error.code === "SCHEDULE_INVALID" && why.test(error.message);
    assert.throws(() => cron(expression, { timeZone }), isRefusal, expression);
  }
});

test("an option that there is not is refused by its name, so that no schedule runs in UTC for a misspelled zone", () => {
  const misspelled: object = { timezone: "Europe/London" };
  assert.throws(() => cron("0 3 * * *", misspelled), {
    code: "CONFIG_INVALID", details: { option: "timezone" },
    message: "The cron expression '0 3 * * *' has timezone, and there is no such option: known ones are timeZone.",
  });
});

test("the text tells calendars apart, and spaces do not", () => {
  assert.equal(cron(" 0  3 * * * ").text, "cron 0 3 * * * UTC");
  assert.notEqual(cron("0 3 * * *", { timeZone: "Europe/London" }).text, cron("0 3 * * *").text);
});
