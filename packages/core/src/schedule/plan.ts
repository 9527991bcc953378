// What is kept of a schedule in a tenant, and what its handlers do to it. Plain JSON, in one document whose key is the schedule's name.
import type { Envelope } from "../message/envelope.ts";
import type { NewMessage } from "../message/definition.ts";
import type { EntityAccess } from "../decide/entity.ts";
import type { When } from "../decide/service.ts";
import type { RunParent } from "../workflow/journal.ts";
import { delayed, without, type Delayed, type Span } from "./delayed.ts";
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
  /** The text of the calendar that it was planned by, with its jitter and its end. */
  readonly calendar: string;
  /** When the next occurrence is sent; null: it has none any more, or is paused and owes none from before the pause. */
  readonly nextAt: number | null;
  /** The time that one is for; with a `jitter` it is sent later than that. */
  readonly nextFor: number | null;
  /** When it was paused; null or absent: it is not, or was by a version that did not say. */
  readonly pausedAt?: number | null;
  /** Pauses that are over, as long as what is to be sent may fall into them. */
  readonly pauses?: readonly Span[];
  /** Every occurrence until then was sent or given up. */
  readonly throughAt: number;
  /** The newest that were sent, the last one first, ten at most. */
  readonly recent: readonly (Occurrence & { readonly sentAt: number })[];
  /** The time of the newest occurrence that was not sent: it came too late, or the run before it was still going. */
  readonly lastMissedAt: number | null;
  /** Where runs may not overlap: the run that is under way. */
  readonly running: { readonly id: string; readonly parent: RunParent } | null;
  /** The occurrence that is sent when that run has ended. */
  readonly buffered: Occurrence | null;
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
  readonly overlap: Overlap;
  readonly jitterMs: number;
}

/** What becomes of an occurrence while the run of one before is still going. */
export type Overlap = "allow" | "skip" | "bufferOne";

const TIMER = "due";
/** A plan is looked at anew after this time, so that other code and other rules of time zones come into force by themselves. */
const LOOK_MS = 3_600_000;
const MOST_RECENT = 10;

/** The document as it is, or as it begins. */
export async function planned(definition: Definition, context: Handling): Promise<ScheduleDocument> {
  const known = await context.states.get(definition.name);
  // Written by a version before, it says neither.
  if (known !== undefined) return { ...known, nextFor: known.nextFor ?? null, buffered: known.buffered ?? null };
  const calendar = delayedOf(definition, context);
  return {
    status: "active", pausedBecause: null, calendar: calendar.text, nextAt: null, nextFor: null, throughAt: calendar.after(context.now), recent: [],
    lastMissedAt: null, running: null, buffered: null,
  };
}

/** As it rests: nothing is sent but what is triggered. An occurrence from before the pause stays planned, lest another calendar not know of it. */
export function paused(before: ScheduleDocument, reason: string, now: number): ScheduleDocument {
  const pausedAt = before.status === "paused" ? before.pausedAt ?? null : now;
  const timeFor = before.nextFor ?? before.nextAt;
  const owed = timeFor !== null && timeFor <= (pausedAt ?? now) ? {} : { nextAt: null, nextFor: null };
  return { ...before, status: "paused", pausedBecause: reason, pausedAt, ...owed };
}

/** As it goes on: nothing whose time fell into the pause is made up. What is from before it, and was not sent yet, is as it would be without the pause. */
export function resumed(definition: Definition, context: Handling, before: ScheduleDocument): ScheduleDocument {
  if (before.status !== "paused") return before;
  const from = before.pausedAt ?? before.throughAt;
  const pauses = before.pauses ?? [];
  const calendar = delayedOf(definition, context);
  const next = without(calendar, pauses).next(before.throughAt);
  // What stayed planned is owed, whatever the calendar of now says; a version before kept no plan.
  const isOwed = before.nextAt !== null || (next !== null && calendar.timeFor(next) <= from);
  const throughAt = isOwed ? before.throughAt : Math.max(before.throughAt, from);
  return { ...before, status: "active", pausedBecause: null, pausedAt: null, throughAt, pauses: openAt(definition, throughAt, [...pauses, { from, to: context.now }]) };
}

/** Pauses into which the time of something may fall that comes after `throughAt`, by its delay. */
function openAt({ jitterMs }: Definition, throughAt: number, pauses: readonly Span[] = []): readonly Span[] {
  return pauses.filter(({ to }) => to > throughAt - jitterMs);
}

/** Other tenants have other delays. */
function delayedOf({ name, calendar, jitterMs }: Definition, { message: { tenant } }: Handling): Delayed {
  return delayed(calendar, jitterMs, `${name}\u0000${tenant}`);
}

/** Sends what is due and sets the timer. @param reachedMs a time that the store's clock has reached. */
export function look(definition: Definition, context: Handling, before: ScheduleDocument, reachedMs: number): void {
  const { name } = definition;
  if (before.status === "paused") return;
  const calendar = delayedOf(definition, context);
  const times = { throughMs: before.throughAt, nowMs: context.now, reachedMs };
  const { send, missed, throughMs, nextMs, timeFor } = before.calendar === calendar.text
    ? { ...settle({ ...definition, calendar: without(calendar, before.pauses ?? []) }, times), timeFor: calendar.timeFor }
    : replanned(definition, calendar, before, times);
  let after: ScheduleDocument = {
    ...before, calendar: calendar.text, throughAt: throughMs, pauses: openAt(definition, throughMs, before.pauses),
    nextAt: nextMs, nextFor: nextMs === null ? null : calendar.timeFor(nextMs),
    lastMissedAt: missed === null ? before.lastMissedAt : timeFor(missed),
  };
  for (const sentAt of send) {
    const at = timeFor(sentAt);
    after = sent(definition, context, after, { id: `${name}/${new Date(at).toISOString()}`, at, triggered: false });
  }
  context.states.put(name, after);
  if (nextMs === null) context.unschedule(TIMER);
  else {
    const at = Math.min(nextMs, Math.max(context.now, reachedMs) + LOOK_MS);
    context.schedule(definition.dueAt(at), { at: new Date(at), name: TIMER });
  }
}

/** By another calendar: what the old plan had due is still sent, and the new one begins now. */
function replanned(definition: Definition, calendar: Delayed, before: ScheduleDocument, times: { throughMs: number; nowMs: number; reachedMs: number }) {
  const { nextAt, nextFor } = before;
  const old = { ...definition, calendar: { text: "", next: (after: number) => (nextAt !== null && after < nextAt ? nextAt : null) } };
  const clock = Math.max(times.nowMs, times.reachedMs);
  // No later look would find what is due by now.
  const { send, missed } = settle(old, { ...times, reachedMs: clock });
  // One that only its old delay still holds back is the new plan's, where that has it; what the old plan sent is not sent again.
  const isHeld = nextAt !== null && nextFor !== null && nextFor <= clock && clock < nextAt && definition.calendar.next(nextFor - 1) === nextFor;
  const throughMs = isHeld ? calendar.after(nextFor - 1) : Math.max(times.throughMs, calendar.after(clock));
  return { send, missed, throughMs, nextMs: calendar.next(throughMs), timeFor: (at: number) => nextFor ?? at };
}

/** The document once the occurrence's message is emitted; or left out or kept, because the run of the one before is under way. */
export function sent(definition: Definition, context: Handling, before: ScheduleDocument, occurrence: Occurrence): ScheduleDocument {
  const { name, made, overlap } = definition;
  const { at, id } = occurrence;
  if (before.running !== null && overlap !== "allow") {
    if (overlap === "bufferOne" && before.buffered === null) return { ...before, buffered: occurrence };
    return { ...before, lastMissedAt: Math.max(at, before.lastMissedAt ?? at) };
  }
  const parent = { workflow: name, run: name, request: at, generation: 0 };
  context.emit(made(occurrence, parent));
  const after: ScheduleDocument = {
    ...before, running: overlap === "allow" ? null : { id, parent },
    recent: [{ ...occurrence, sentAt: context.now }, ...before.recent].slice(0, MOST_RECENT),
  };
  // Kept by a definition that did not let runs overlap; nobody would tell its turn any more.
  return overlap === "allow" && before.buffered !== null ? sent(definition, context, { ...after, buffered: null }, before.buffered) : after;
}

/** The run that was under way has ended: what was kept is sent, unless the schedule is paused. */
export function ended(definition: Definition, context: Handling, before: ScheduleDocument): ScheduleDocument {
  const { buffered } = before;
  const after: ScheduleDocument = { ...before, running: null, buffered: null };
  if (buffered === null) return after;
  if (before.status === "paused" && !buffered.triggered) return { ...after, lastMissedAt: Math.max(buffered.at, before.lastMissedAt ?? buffered.at) };
  return sent(definition, context, after, buffered);
}

/** Has nothing wake it any more. */
export function stopped(context: Handling): void {
  context.unschedule(TIMER);
}
