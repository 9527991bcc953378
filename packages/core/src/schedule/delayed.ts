// A calendar whose instants come up to a jitter later, so that what is due everywhere at once does not begin at once. Each delay depends on the
// time and a seed alone: every process computes the same, and one occurrence keeps its own. It sends nothing.
import { hash128 } from "../message/hash.ts";
import { lastIn, type Calendar } from "./calendar.ts";

export interface Delayed extends Calendar {
  /** The instant of the calendar of which this is the delayed one. */
  timeFor(delayedMs: number): number;
  /** From when on `next` gives the instants after this one of the calendar. */
  after(timeMs: number): number;
}

/** @param seed whoever has another has other delays. A delay ends before the next instant begins, so that their order stays. */
export function delayed({ text, next }: Calendar, jitterMs: number, seed: string): Delayed {
  if (jitterMs === 0) return { text, next, timeFor: (at) => at, after: (at) => at };
  const delay = (at: number): number => at + Math.floor(hash128(`${seed}\u0000${String(at)}`)[0] / 2 ** 32 * Math.min(jitterMs, (next(at) ?? Infinity) - at));
  /** The last instant until then whose delay could reach beyond it. */
  const lastUntil = (untilMs: number): number | null => {
    const first = next(untilMs - jitterMs - 1);
    if (first === null || first > untilMs) return null;
    const second = next(first);
    return second === null || second > untilMs ? first : lastIn({ text, next }, first, untilMs);
  };
  return {
    text: `${text} jitter ${String(jitterMs)} ms`,
    next: (afterMs) => {
      const last = lastUntil(afterMs);
      const at = last !== null && delay(last) > afterMs ? last : next(afterMs);
      return at === null ? null : delay(at);
    },
    timeFor: (at) => lastUntil(at) ?? at,
    after: (at) => {
      const last = lastUntil(at);
      return last === null ? at : Math.max(at, delay(last));
    },
  };
}

/** A stretch of time. `from` itself is not in it, `to` is. */
export interface Span { readonly from: number; readonly to: number }

/** Without the occurrences whose time falls into one of these pauses. */
export function without(calendar: Delayed, pauses: readonly Span[]): Calendar {
  const pauseOf = (at: number): Span | undefined => pauses.find(({ from, to }) => at > from && at <= to);
  return {
    text: calendar.text,
    next: (afterMs) => {
      let at = calendar.next(afterMs);
      // Of each pause no more than two: the first of it, and the last, whose delay may reach beyond its end.
      for (let pause = at === null ? undefined : pauseOf(calendar.timeFor(at)); at !== null && pause !== undefined;) {
        at = calendar.next(Math.max(at, pause.to));
        pause = at === null ? undefined : pauseOf(calendar.timeFor(at));
      }
      return at;
    },
  };
}

/** A calendar that ends: nothing comes after `untilMs`. */
export function ending({ text, next }: Calendar, untilMs: number): Calendar {
  return {
    text: `${text} until ${new Date(untilMs).toISOString()}`,
    next: (afterMs) => {
      const at = next(afterMs);
      return at === null || at > untilMs ? null : at;
    },
  };
}
