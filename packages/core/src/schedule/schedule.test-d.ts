// What users of schedules may write and what the compiler refuses, with no type argument anywhere. Checked by the compiler alone, never run.
import { z } from "zod";
import { entity, event, every, schedule, service, workflow, type App, type Calendar, type ScheduleDocument } from "../index.ts";

const DayEnded = event("day.ended", { key: (day) => day.day, data: z.object({ day: z.string(), at: z.number() }) });
const report = workflow("report", { input: z.object({ until: z.number() }) }, async ({ until }) => until);
const when = every({ days: 1 });

const daily = schedule("daily", { when, send: DayEnded, data: ({ id, at }) => ({ day: id, at }), catchUp: "all", catchUpWindow: { days: 7 } });
const reports = schedule("reports", { when, start: report, input: ({ at }) => ({ until: at }), overlap: "skip", tenants: ["north"] });

export const own: Calendar = { text: "never", next: () => null };
// @ts-expect-error not what the message takes
schedule("wrong", { when, send: DayEnded, data: ({ at }) => ({ day: at, at }) });
// @ts-expect-error not what the workflow takes
schedule("wrong", { when, start: report, input: ({ id }) => ({ until: id }) });
// @ts-expect-error an expression is no calendar: `cron(…)` makes one
schedule("wrong", { when: "0 3 * * *", send: DayEnded, data: () => ({ day: "d", at: 1 }) });
// @ts-expect-error no such policy
schedule("wrong", { when, catchUp: "some", send: DayEnded, data: () => ({ day: "d", at: 1 }) });
// @ts-expect-error only runs can overlap
schedule("wrong", { when, send: DayEnded, data: () => ({ day: "d", at: 1 }), overlap: "skip" });
// @ts-expect-error something is sent
schedule("wrong", { when });
// @ts-expect-error what it sends has data
schedule("wrong", { when, send: DayEnded });
// @ts-expect-error a duration has units
schedule("wrong", { when, send: DayEnded, data: () => ({ day: "d", at: 1 }), catchUpWindow: 7 });
// @ts-expect-error not a part of a duration
every({ months: 1 });

declare const app: App<readonly [typeof daily.pause, typeof daily.trigger]>;
declare function expectStatus(status: ScheduleDocument["status"] | undefined): void;

export async function operate(): Promise<void> {
  await app.publish(daily.pause({ reason: "stocktaking" }));
  await app.publish(daily.trigger({}));
  // @ts-expect-error a pause says why
  await app.publish(daily.pause({}));
  // @ts-expect-error the application does not accept it
  await app.publish(daily.resume({}));
  // @ts-expect-error of another schedule
  await app.publish(reports.trigger({}));
  expectStatus((await app.read(daily.state, daily.name))?.status);
}

/** What a schedule sends is a message like any other. */
export const accounts = service("accounts", { entities: { days: entity("day", { data: z.object({ at: z.number() }) }) } })
  .on(DayEnded, ({ day, at }, { days }) => { days.put(day, { at }); });
