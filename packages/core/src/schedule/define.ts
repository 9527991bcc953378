// Schedules: a service whose handlers are written here once for all. Its document says when the next occurrence is, a durable timer wakes it, and what
// it sends commits with the document: each occurrence once, however many processes there are.
import type { AnyEntity, Entity } from "../decide/entity.ts";
import type { AnyHandler, AnyService } from "../decide/service.ts";
import { EvenkeelError } from "../errors.ts";
import { checkName, type AnyMessageDefinition, type MessageDefinition, type NewMessage } from "../message/definition.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
import type { Schema } from "../message/schema.ts";
import { DEFAULT_TENANT, parseTenant } from "../tenancy.ts";
import { milliseconds, type Duration } from "../workflow/duration.ts";
import { ChildEnded, type Start } from "../workflow/messages.ts";
import { inOrder, shortestGap, type Calendar } from "./calendar.ts";
import { messagesOf, type DueAt, type Pause, type ScheduleMessages } from "./messages.ts";
import { ending } from "./delayed.ts";
import {
  ended, look, paused, planned, resumed, sent, stopped, type Definition, type Handling, type Occurrence, type Overlap, type ScheduleDocument,
} from "./plan.ts";
import type { CatchUp } from "./settle.ts";

interface CommonOptions {
  /** Its times: `cron("0 3 * * *", { timeZone: "Europe/London" })` of the package `evenkeel`, `every({ hours: 1 })`, or one of your own. */
  readonly when: Calendar;
  /** No occurrence is for a later time; default: it goes on for ever. One that was missed before it may still be made up after it. */
  readonly until?: Date;
  /**
   * Each occurrence is sent up to so long after its time, by a delay that depends on its time, the schedule and the tenant alone, and ends before the
   * next one's time; default none. Its `at` and id are those of its time. No longer than the time between two occurrences (`SCHEDULE_INVALID`).
   */
  readonly jitter?: Duration;
  /** What becomes of occurrences that nobody could send in time, because no worker ran or its message was a dead letter; default `last`. */
  readonly catchUp?: CatchUp;
  /** How far back `last` and `all` reach; default a day. */
  readonly catchUpWindow?: Duration;
  /** In which tenants the application begins it at its start; default the tenant "default" alone. */
  readonly tenants?: readonly string[];
}

export interface SendOptions<Data> extends CommonOptions {
  /** The message of each occurrence, and its data: a pure function. */
  readonly send: MessageDefinition<string, Data>;
  readonly data: (occurrence: Occurrence) => NoInfer<Data>;
}

export interface StartOptions<Input> extends CommonOptions {
  /** The workflow of which each occurrence starts a run, and its input: a pure function. The occurrence's id is the run's. */
  readonly start: { readonly name: string; readonly start: MessageDefinition<string, Start<Input>> };
  readonly input: (occurrence: Occurrence) => NoInfer<Input>;
  /**
   * What becomes of an occurrence while the run of one before is still going: `allow` (default) starts another, `skip` leaves it out, `bufferOne`
   * starts it when that run has ended, and leaves out those that come while one waits so.
   */
  readonly overlap?: Overlap;
}

export interface Schedule<N extends string> extends AnyService, ScheduleMessages<N> {
  readonly name: N;
  /** How it stands: `await app.read(nightly.state, nightly.name)`. */
  readonly state: Entity<ScheduleDocument>;
  readonly entities: { readonly states: Entity<ScheduleDocument> };
}

const COMMON: OptionNames<CommonOptions> = { when: true, until: true, jitter: true, catchUp: true, catchUpWindow: true, tenants: true };
const SEND: OptionNames<SendOptions<unknown>> = { ...COMMON, send: true, data: true };
const START: OptionNames<StartOptions<unknown>> = { ...COMMON, start: true, input: true, overlap: true };
const OVERLAPS: readonly string[] = ["allow", "skip", "bufferOne"] satisfies readonly Overlap[];
const POLICIES: readonly string[] = ["skip", "last", "all"] satisfies readonly CatchUp[];
const DEFAULT_WINDOW: Duration = { days: 1 };
/** One takes a cron expression about 0.2 ms. */
const GAPS_LOOKED_AT = 50;

/** Whatever this folder writes as a schedule's document is one. */
const STATE: Schema = { "~standard": { version: 1, vendor: "evenkeel", validate: (value) => ({ value }) } };

/**
 * Defines a schedule: a message at each time of a calendar, or a run of a workflow. Add it to the application's `services`; it begins when the
 * application first starts, and its first occurrence is the next one after that.
 *
 * Guarantees: each occurrence is sent once or given up by `catchUp` and `overlap`, also with many processes and after crashes; never before its time by the
 * store's clock, save by a worker whose clock is more than a minute ahead; under an id that depends on its time alone. A changed calendar
 * comes into force at the start of the new code, and within an hour in tenants that the definition does not list. Does not: promise a moment (a
 * worker must be free), or send anything for the time before it began or while it was paused.
 *
 * Errors: `NAME_INVALID`, `CONFIG_INVALID`, `SCHEDULE_INVALID`, `TIME_INVALID`, `TENANT_INVALID`. When `data` or `input` throws, or gives what the message
 * does not take, the schedule's timer becomes a dead letter, and the schedule rests until it is redriven.
 *
 * @example
 * const nightly = schedule("nightly", {
 *   when: cron("0 3 * * *", { timeZone: "Europe/London" }),
 *   start: report, input: ({ at }) => ({ until: at }), overlap: "skip",
 * });
 */
export function schedule<const N extends string, Input>(name: N, options: StartOptions<Input>): Schedule<N>;
export function schedule<const N extends string, Data>(name: N, options: SendOptions<Data>): Schedule<N>;
export function schedule<const N extends string, T>(name: N, options: SendOptions<T> | StartOptions<T>): Schedule<N> {
  checkName("schedule", name);
  const messages = messagesOf(name);
  const { definition, emits } = definitionOf(name, options, (at) => messages.due({ at }));
  const state: AnyEntity & Entity<ScheduleDocument> = { name: `${name}_schedule`, schema: STATE };
  const handlers = handlersOf(definition);
  const on = (message: AnyMessageDefinition, handler: AnyHandler): AnyService["routes"][number] => ({ kind: "message", definition: message, handler });
  const { begin, pause, resume, trigger, due } = messages;
  return Object.freeze({
    name, begin, pause, resume, trigger, state, entities: { states: state }, ports: {}, statements: [],
    emits: [emits, due], offers: [begin, pause, resume, trigger],
    begins: { message: begin({}), tenants: tenantsOf(name, options.tenants) },
    routes: [
      on(begin, handlers.begin), on(due, handlers.due), on(pause, handlers.pause), on(resume, handlers.resume), on(trigger, handlers.trigger),
      // Also where runs may overlap: the definition may have said otherwise when the run began.
      ...("start" in options ? [on(ChildEnded, handlers.ended)] : []),
    ],
  });
}

function definitionOf<T>(name: string, options: SendOptions<T> | StartOptions<T>, dueAt: (at: number) => NewMessage) {
  const what = `Schedule '${name}'`;
  const isStart = "start" in options;
  if (isStart && "send" in options) refuse(name, "send", "stands beside `start`: give one of the two");
  checkOptionNames(what, options, isStart ? START : SEND);
  checkWhatIsSent(name, options);
  const { until, jitter, catchUp = "last", catchUpWindow } = options;
  if (typeof (options.when as Partial<Calendar> | undefined)?.next !== "function") refuse(name, "when", "is no calendar: give `cron(…)` or `every(…)`");
  const when = inOrder(options.when, name);
  if (!POLICIES.includes(catchUp)) refuse(name, "catchUp", `is '${catchUp}': give ${POLICIES.join(", ")}`);
  if (catchUp === "skip" && catchUpWindow !== undefined) refuse(name, "catchUpWindow", "stands beside `catchUp: \"skip\"`, which makes nothing up: leave one out");
  const windowMs = milliseconds(catchUpWindow ?? DEFAULT_WINDOW, `the catch-up of schedule '${name}'`);
  if (windowMs === 0) refuse(name, "catchUpWindow", "is no time at all: give a longer one, or `catchUp: \"skip\"`");
  if (until !== undefined && !(until instanceof Date && Number.isFinite(until.getTime()))) refuse(name, "until", "is no valid Date");
  const jitterMs = jitter === undefined ? 0 : milliseconds(jitter, `the jitter of schedule '${name}'`);
  const gapMs = shortestGap(when, jitterMs === 0 ? 1 : GAPS_LOOKED_AT);
  if (gapMs !== null && jitterMs > gapMs) {
    refuse(name, "jitter", `is ${String(jitterMs)} ms, and each is sent before the next one's time, which may come ${String(gapMs)} ms later: give no more than that`);
  }
  const base = { name, calendar: until === undefined ? when : ending(when, until.getTime()), jitterMs, catchUp, windowMs, dueAt };
  if (!isStart) {
    const definition: Definition = { ...base, overlap: "allow", made: (occurrence) => options.send(options.data(occurrence)) };
    return { definition, emits: options.send };
  }
  const { start: { start }, input, overlap = "allow" } = options;
  if (!OVERLAPS.includes(overlap)) refuse(name, "overlap", `is '${overlap}': give ${OVERLAPS.join(", ")}`);
  const definition: Definition = {
    ...base, overlap, made: (occurrence, parent) => start({ id: occurrence.id, input: input(occurrence), ...(overlap === "allow" ? {} : { parent }) }),
  };
  return { definition, emits: start };
}

/** There is `send` or `start`, with what makes its data: an occurrence that sends nothing would be found when it comes. */
function checkWhatIsSent(name: string, given: Partial<Record<keyof SendOptions<unknown> | keyof StartOptions<unknown>, unknown>>): void {
  const { send, data, start, input } = given;
  if (send === undefined && start === undefined) refuse(name, "send", "is missing, and so is `start`: give the message or the workflow of each occurrence");
  if (start === undefined) {
    if (typeof send !== "function") refuse(name, "send", "is no message: give what `event(…)` or `command(…)` made");
    if (typeof data !== "function") refuse(name, "data", "is no function: give one that makes the message's data of an occurrence");
    return;
  }
  const isWorkflow = typeof start === "object" && start !== null && "start" in start && typeof start.start === "function";
  if (!isWorkflow) refuse(name, "start", "is no workflow: give what `workflow(…)` made");
  if (typeof input !== "function") refuse(name, "input", "is no function: give one that makes the workflow's input of an occurrence");
}

function tenantsOf(name: string, tenants: readonly string[] = [DEFAULT_TENANT]): readonly string[] {
  if (tenants.length === 0) refuse(name, "tenants", "is empty: name one, or leave it out");
  return tenants.map((one) => parseTenant(one));
}

function refuse(name: string, option: string, why: string): never {
  throw new EvenkeelError("SCHEDULE_INVALID", `The \`${option}\` of schedule '${name}' ${why}.`, { details: { schedule: name, option } });
}

function handlersOf(definition: Definition) {
  const { name } = definition;
  return {
    begin: async (_data: object, context: Handling): Promise<void> => { look(definition, context, await planned(definition, context), -Infinity); },
    due: async ({ at }: DueAt, context: Handling): Promise<void> => { look(definition, context, await planned(definition, context), at); },
    pause: async ({ reason }: Pause, context: Handling): Promise<void> => {
      context.states.put(name, paused(await planned(definition, context), reason, context.now));
      stopped(context);
    },
    resume: async (_data: object, context: Handling): Promise<void> => {
      look(definition, context, resumed(definition, context, await planned(definition, context)), -Infinity);
    },
    trigger: async (_data: object, context: Handling): Promise<void> => {
      const occurrence: Occurrence = { id: `${name}/${context.message.id}`, at: context.now, triggered: true };
      const after = sent(definition, context, await planned(definition, context), occurrence);
      context.states.put(name, after);
      look(definition, context, after, -Infinity);
    },
    ended: async ({ parent }: ChildEnded, context: Handling): Promise<void> => {
      if (parent.workflow !== name || parent.run !== name) return;
      const before = await planned(definition, context);
      if (before.running?.parent.request !== parent.request) return;
      context.states.put(name, ended(definition, context, before));
    },
  };
}
