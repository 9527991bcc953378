// Finds the shortest way to a place again by running the subject's own transitions from the start: states on the way are not kept. Where
// a subject does not repeat itself, the way ends early and says so.
import type { Trace, TraceStep } from "../report.ts";
import type { Subject, Words } from "../space.ts";
import type { Place } from "./finding.ts";
import type { Settings } from "./options.ts";
import { avoidableAfter } from "./avoidable.ts";
import type { Origins } from "./origins.ts";
import type { EndlessRun } from "./recorder.ts";
import type { VisitedSet } from "./visited.ts";

interface TraceParts<State> {
  readonly subject: Subject<State>;
  readonly settings: Settings;
  readonly visited: VisitedSet;
  readonly origins: Origins;
}

interface RebuiltTrace {
  readonly trace: Trace;
  /** Whether every state on the way was met again. */
  readonly complete: boolean;
}

interface Taken<State> {
  readonly action: number;
  readonly next: State;
  readonly detail: unknown;
}

/** The way to a place. */
export async function traceTo<State>(parts: TraceParts<State>, property: string, place: Place): Promise<RebuiltTrace> {
  const walk = await walkTo(parts, place.id);
  if (walk.complete && place.ordinal !== null) {
    const last = place.id === null ? initialAt(parts.subject, place.ordinal) : await transitionOf(parts, walk.state, (_, index) => index === place.ordinal);
    if (last !== null) take(parts.subject, walk, last);
  }
  const avoidable = walk.complete ? await avoidableAfter(parts.subject, walk.states, parts.settings.seed) : null;
  return { trace: { property, steps: walk.steps, backTo: null, avoidableAfter: avoidable }, complete: walk.complete };
}

/** The way to an endless run, and once around it. */
export async function traceAround<State>(parts: TraceParts<State>, run: EndlessRun): Promise<RebuiltTrace> {
  const walk = await walkTo(parts, run.ids[0] ?? 0);
  const before = walk.steps.length - 1;
  for (const [index, id] of run.ids.entries()) {
    if (index === 0 || !walk.complete) continue;
    const taken = await transitionOf(parts, walk.state, (one) => run.takes(index, one.action, one.detail) && idOf(parts, one.next) === id);
    walk.complete = taken !== null;
    if (taken === null) break;
    take(parts.subject, walk, taken);
  }
  return { trace: { property: run.property, steps: walk.steps, backTo: before + run.backTo, avoidableAfter: null }, complete: walk.complete };
}

interface Walk<State> {
  readonly steps: TraceStep[];
  readonly states: State[];
  state: State | null;
  complete: boolean;
}

function take<State>(subject: Subject<State>, walk: Walk<State>, taken: Taken<State>): void {
  walk.steps.push(stepOf(subject, taken));
  walk.states.push(taken.next);
  walk.state = taken.next;
}

async function walkTo<State>(parts: TraceParts<State>, id: number | null): Promise<Walk<State>> {
  const walk: Walk<State> = { steps: [], states: [], state: null, complete: true };
  if (id === null) return walk;
  const { ids, ordinals } = parts.origins.wayTo(id);
  for (const [index, ordinal] of ordinals.entries()) {
    const taken = index === 0 ? initialAt(parts.subject, ordinal) : await transitionOf(parts, walk.state, (_, at) => at === ordinal);
    walk.complete = taken !== null && idOf(parts, taken.next) === ids[index];
    if (taken === null || !walk.complete) break;
    take(parts.subject, walk, taken);
  }
  return walk;
}

function initialAt<State>({ space }: Subject<State>, place: number): Taken<State> | null {
  let index = 0;
  for (const next of space.initials()) {
    if (index === place) return { action: -1, next, detail: undefined };
    index += 1;
  }
  return null;
}

async function transitionOf<State>(
  { subject }: TraceParts<State>, state: State | null, wanted: (one: Taken<State>, index: number) => boolean,
): Promise<Taken<State> | null> {
  if (state === null) return null;
  let found: Taken<State> | null = null;
  let index = 0;
  try {
    await subject.space.expand(state, (action, next, detail) => {
      const one = { action, next, detail };
      if (found === null && wanted(one, index)) found = one;
      index += 1;
    });
  } catch {
    // What throws here threw in the search and is what the trace leads to: the transitions told before it stand.
  }
  return found;
}

function idOf<State>({ subject, settings, visited }: TraceParts<State>, state: State): number {
  const words: Words = new Uint32Array(settings.fingerprintBits / 32);
  subject.space.fingerprint(state, words, settings.seed);
  return visited.idOf(words);
}

function stepOf<State>(subject: Subject<State>, { action, next, detail }: Taken<State>): TraceStep {
  const name = action < 0 ? null : (subject.space.actions[action] ?? null);
  return { action: name, detail, state: subject.show(next), tale: name === null ? null : (subject.tell?.(name, detail) ?? null) };
}
