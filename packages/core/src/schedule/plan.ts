// What is kept of a schedule in a tenant, and what its handlers do to it. Plain JSON, in one document whose key is the schedule's name.
import type { Envelope } from "../message/envelope.ts";
import type { NewMessage } from "../message/definition.ts";
import type { EntityAccess } from "../decide/entity.ts";
import type { When } from "../decide/service.ts";
import type { RunParent } from "../workflow/journal.ts";
import { settle, type Policy } from "./settle.ts";

/** One time that a schedule sends its message. */
export interface Occurrence {
  /** `nightly/2026-03-29T02:00:00.000Z`, the same whoever computes it: the id for the run that it starts. One that was triggered ends in its message's id. */
  readonly id: string;
  /** The time it is for, in milliseconds since 1970; it may be handled later. */
  readonly at: number;
  readonly triggered: boolean;
}

/** A schedule as it stands in a tenant. Times are milliseconds since 1970. */
export interface ScheduleDocument {
  readonly status: "active" | "paused";
  readonly pausedBecause: string | null;
  /** The text of the calendar that it was planned by. */
  readonly calendar: string;
  readonly nextAt: number | null;
  /** Every occurrence until then was sent or given up. */
  readonly throughAt: number;
  /** The newest that were sent, the last one first, ten at most. */
  readonly recent: readonly (Occurrence & { readonly sentAt: number })[];
  /** The newest occurrence that was not sent: it came too late, or the run before it was still going. */
  readonly lastMissedAt: number | null;
  /** Where runs may not overlap: the run that is under way. */
  readonly running: { readonly id: string; readonly parent: RunParent } | null;
}

/** What the handlers of a schedule use of the context that every handler is given. */
export interface Handling {
  readonly message: Envelope;
  readonly now: number;
  readonly states: EntityAccess<ScheduleDocument>;
  emit(made: NewMessage): void;
  schedule(made: NewMessage, when: When): void;
  unschedule(name: string): void;
}

export interface Definition extends Policy {
  readonly name: string;
  readonly dueAt: (at: number) => NewMessage;
  /** The message of an occurrence. @param parent is told the end of the run that the message starts, where runs may not overlap. */
  readonly made: (occurrence: Occurrence, parent: RunParent) => NewMessage;
  readonly overlaps: boolean;
}

const TIMER = "due";
/** A plan is looked at anew after this time, so that other code and other rules of time zones come into force by themselves. */
const LOOK_MS = 3_600_000;
const MOST_RECENT = 10;

/** The document as it is, or as it begins. */
export async function planned({ name, calendar }: Definition, { states, now }: Handling): Promise<ScheduleDocument> {
  const known = await states.get(name);
  return known ?? {
    status: "active", pausedBecause: null, calendar: calendar.text, nextAt: null, throughAt: now, recent: [], lastMissedAt: null, running: null,
  };
}

/** Sends what is due and sets the timer. @param reachedMs a time that the store's clock has reached. */
export function look(definition: Definition, context: Handling, before: ScheduleDocument, reachedMs: number): void {
  const { calendar, name } = definition;
  if (before.status === "paused") return;
  const times = { throughMs: before.throughAt, nowMs: context.now, reachedMs };
  const { send, missed, throughMs, nextMs } = before.calendar === calendar.text ? settle(definition, times) : replanned(definition, before, times);
  let after: ScheduleDocument = {
    ...before, calendar: calendar.text, throughAt: throughMs, nextAt: nextMs, lastMissedAt: missed ?? before.lastMissedAt,
  };
  for (const at of send) after = sent(definition, context, after, { id: `${name}/${new Date(at).toISOString()}`, at, triggered: false });
  context.states.put(name, after);
  if (nextMs === null) context.unschedule(TIMER);
  else {
    const at = Math.min(nextMs, Math.max(context.now, reachedMs) + LOOK_MS);
    context.schedule(definition.dueAt(at), { at: new Date(at), name: TIMER });
  }
}

/** By another calendar: what the old plan had due is still sent, and the new one begins now. */
function replanned(definition: Definition, { nextAt }: ScheduleDocument, times: { throughMs: number; nowMs: number; reachedMs: number }) {
  const { calendar } = definition;
  const old = { ...definition, calendar: { text: "", next: (after: number) => (nextAt !== null && after < nextAt ? nextAt : null) } };
  const clock = Math.max(times.nowMs, times.reachedMs);
  // No later look would find what is due by now.
  const { send, missed } = settle(old, { ...times, reachedMs: clock });
  const throughMs = Math.max(times.throughMs, clock);
  return { send, missed, throughMs, nextMs: calendar.next(throughMs) };
}

/** The document once the occurrence's message is emitted, or skipped because the run of the one before is under way. */
export function sent({ name, made, overlaps }: Definition, context: Handling, before: ScheduleDocument, occurrence: Occurrence): ScheduleDocument {
  const { at, id } = occurrence;
  if (before.running !== null && !overlaps) return { ...before, lastMissedAt: Math.max(at, before.lastMissedAt ?? at) };
  const parent = { workflow: name, run: name, request: at, generation: 0 };
  context.emit(made(occurrence, parent));
  return {
    ...before, running: overlaps ? null : { id, parent },
    recent: [{ ...occurrence, sentAt: context.now }, ...before.recent].slice(0, MOST_RECENT),
  };
}

/** Has nothing wake it any more. */
export function stopped(context: Handling): void {
  context.unschedule(TIMER);
}
