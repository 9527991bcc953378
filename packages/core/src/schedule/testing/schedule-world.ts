// A world with one schedule, one tenant and a store's clock that jumps from timer to timer, so that years pass in no time. The handlers are those that
// ship; the store is a document and a timer. What workers' clocks say is up to the test.
import type { NewMessage } from "../../message/definition.ts";
import type { ScheduleDocument } from "../plan.ts";
import type { Schedule } from "../define.ts";

interface Sent { readonly name: string; readonly data: unknown; readonly at: number }
interface Timer { readonly at: number; readonly message: NewMessage }

export class ScheduleWorld {
  now: number;
  /** How far the worker's clock is ahead of the store's. */
  skewMs = 0;
  document: ScheduleDocument | undefined;
  readonly sent: Sent[] = [];
  timer: Timer | null = null;
  looks = 0;
  #messages = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** Has the schedule handle one message; without an error it commits. */
  async deliver(schedule: Schedule<string>, message: NewMessage): Promise<void> {
    const route = schedule.routes.find((one) => one.kind === "message" && one.definition.name === message.name);
    if (route?.kind !== "message") throw new Error(`Nobody handles ${message.name}.`);
    this.looks++;
    const emitted: NewMessage[] = [];
    let { timer, document } = this;
    const context = {
      message: { id: `m-${String(++this.#messages)}`, name: message.name, key: schedule.name, tenant: "default" }, now: this.now + this.skewMs,
      states: {
        get: async () => document,
        put: (_key: string, next: ScheduleDocument) => { document = JSON.parse(JSON.stringify(next)) as ScheduleDocument; },
      },
      emit: (made: NewMessage) => { emitted.push(made); },
      schedule: (made: NewMessage, when: { readonly at: Date }) => { timer = { at: when.at.getTime(), message: made }; },
      unschedule: () => { timer = null; },
    };
    // A timer that fires is gone before its message is handled.
    await route.handler(message.data as never, context as never);
    this.timer = timer;
    this.document = document;
    for (const { name, data } of emitted) this.sent.push({ name, data, at: this.now });
  }

  /** Lets time pass, with a worker for every timer that is due. */
  async pass(schedule: Schedule<string>, untilMs: number): Promise<void> {
    for (let { timer } = this; timer !== null && timer.at <= untilMs; { timer } = this) {
      this.now = Math.max(this.now, timer.at);
      this.timer = null;
      await this.deliver(schedule, timer.message);
    }
    this.now = untilMs;
  }
}
