// Expands one state after the other: looks at every transition, keeps the states that are new, asks what must hold, counts. It does not know in
// which order, where states are kept, or whether other threads do the same.
import type { ActionCoverage } from "../report.ts";
import type { Subject, Words } from "../space.ts";
import { doubleChecker } from "./double-check.ts";
import type { Finding, Place } from "./finding.ts";
import type { Judge } from "./judge.ts";
import type { Settings } from "./options.ts";
import type { Recorder } from "./recorder.ts";

/** Where states are kept. */
export interface Store<State> {
  /** The id of the state that is kept under a fingerprint, or -1. */
  find(words: Words): number;
  /**
   * Keeps a state whose fingerprint `find` was asked for just before and did not know. `parent` is null for an initial state, whose ordinal is
   * its place among those. Returns its id; null: there is no room.
   */
  keep(state: State, words: Words, parent: number | null, ordinal: number, action: number): number | null;
}

interface ExpanderParts<State> {
  readonly subject: Subject<State>;
  readonly settings: Settings;
  readonly judge: Pick<Judge<State>, "asking" | "state" | "step">;
  readonly store: Store<State>;
  readonly recorder: Recorder<State> | null;
}

/** What was counted. Actions by their index. */
export interface Counts {
  readonly generated: number;
  /** The deepest level of which a state was stored. */
  readonly depth: number;
  /** States whose transitions were all looked at. */
  readonly expanded: number;
  readonly actions: readonly ActionCoverage[];
}

export interface Expander<State> {
  /** What was found, if anything: nothing is expanded any more. */
  readonly finding: Finding | null;
  /** Why nothing is expanded any more, if it is for want of room. */
  readonly bound: string | null;
  /** Looks at the initial states. */
  begin(): void;
  /** Looks at every transition out of a state of this level. Returns a promise only where there is something to wait for. */
  expand(id: number, state: State, level: number): Promise<void> | null;
  counts(): Counts;
  /** Counts what was looked at elsewhere. */
  add(counts: Counts): void;
}

const INITIAL = -1;

export function expanderOf<State>(parts: ExpanderParts<State>): Expander<State> {
  const { subject, settings, judge, store, recorder } = parts;
  const { space, properties } = subject;
  const { constraint, stepConstraint } = properties;
  const hasSteps = properties.steps.length > 0;
  const fired = new Float64Array(space.actions.length);
  const fresh = new Float64Array(space.actions.length);
  const firstDepth: (number | null)[] = space.actions.map(() => null);
  const words: Words = new Uint32Array(settings.fingerprintBits / 32);
  const check = doubleChecker(subject, settings);

  let generated = 0;
  let level = 0;
  let depth = 0;
  let expanded = 0;
  let finding: Finding | null = null;
  let bound: string | null = null;
  // The state that is being expanded.
  let current: State | null = null;
  let currentId = INITIAL;
  let ordinal = 0;

  const ended = (): boolean => finding !== null || bound !== null;
  const place = (): Place => ({ id: currentId === INITIAL ? null : currentId, ordinal: ordinal - 1 });

  function reach(action: number, next: State, detail?: unknown): void {
    if (ended()) return;
    ordinal += 1;
    generated += 1;
    if (action !== INITIAL) {
      const before = fired[action] ?? 0;
      if (before === 0) firstDepth[action] = level;
      fired[action] = before + 1;
    }
    space.fingerprint(next, words, settings.seed);
    check.reached(action, words);
    const known = store.find(words);
    if (stepConstraint !== null && current !== null && !within("the step constraint", stepConstraint, current, next)) {
      if (recorder !== null && known !== currentId) told(recorder, null, action, detail);
      return;
    }
    if (hasSteps && current !== null && differs(known, current, next) && breaksStep(current, next, action)) return;
    if (known >= 0) {
      if (recorder !== null && currentId !== INITIAL) told(recorder, known, action, detail);
      return;
    }
    if (constraint !== null && !within("the constraint", constraint, next, next)) {
      if (recorder !== null && currentId !== INITIAL && !told(recorder, null, action, detail)) return;
      judged(next);
      return;
    }
    const id = store.keep(next, words, currentId === INITIAL ? null : currentId, ordinal - 1, action);
    if (id === null) {
      bound = `the bound of ${settings.maxStates} states was met`;
      return;
    }
    depth = level + 1;
    if (action !== INITIAL) fresh[action] = (fresh[action] ?? 0) + 1;
    if (recorder !== null) {
      try {
        recorder.stored(id, next, currentId === INITIAL);
      } catch (error) {
        finding = thrown(recorder.asking, error, place());
        return;
      }
      if (currentId !== INITIAL && !told(recorder, id, action, detail)) return;
    }
    judged(next);
  }

  /** Tells of a transition to a stored state, or to one that a constraint leaves out (null). Cases of fairness are the subject's own code. */
  function told(by: Recorder<State>, to: number | null, action: number, detail: unknown): boolean {
    try {
      if (to === null) by.left(currentId, action, detail);
      else by.transition(currentId, to, action, detail);
      return true;
    } catch (error) {
      finding = thrown(by.asking, error, place());
      return false;
    }
  }

  /** Whether a step changed the state, which is not known from its end's number where fingerprints stand for orbits. */
  function differs(known: number, before: State, after: State): boolean {
    return known !== currentId || (space.sameState !== undefined && !space.sameState(before, after));
  }

  function within(what: string, question: (one: State, other: State) => boolean, one: State, other: State): boolean {
    try {
      return question(one, other);
    } catch (error) {
      finding = thrown(what, error, place());
      return false;
    }
  }

  function judged(state: State): void {
    try {
      const broken = judge.state(state, level + 1);
      if (broken !== null) finding = { verdict: "violated", property: broken, reason: `"${broken}" does not hold in a state of level ${level + 1}`, place: place() };
    } catch (error) {
      finding = thrown(judge.asking, error, place());
    }
  }

  function breaksStep(before: State, after: State, action: number): boolean {
    const name = space.actions[action] ?? "";
    try {
      const broken = judge.step(before, after, name);
      if (broken === null) return false;
      finding = { verdict: "violated", property: broken, reason: `"${broken}" does not hold of a step of "${name}"`, place: place() };
    } catch (error) {
      finding = thrown(judge.asking, error, place());
    }
    return true;
  }

  function finish(state: State, checking: boolean): Promise<void> | null {
    if (ended()) return null;
    recorder?.expanded(currentId);
    expanded += 1;
    if (ordinal === 0 && properties.deadlock !== "allowed") {
      const { done } = properties.deadlock;
      if (!within("the deadlock condition", done, state, state) && !ended()) {
        finding = {
          verdict: "deadlock", property: "deadlock", reason: `nothing can happen in a state of level ${level}`, place: { id: currentId, ordinal: null },
        };
      }
    }
    if (!checking || ended()) return null;
    const id = currentId;
    const checked = check.end(state, (found) => {
      if (found !== null) finding = { ...found, place: { id, ordinal: null } };
    });
    return subject.audit === undefined || ended() ? checked : audited(state, id, checked);
  }

  async function audited(state: State, id: number, checked: Promise<void> | null): Promise<void> {
    await checked;
    if (ended()) return;
    try {
      const found = await subject.audit?.(state);
      if (found !== undefined && found !== null) finding = { verdict: "error", ...found, place: { id, ordinal: null } };
    } catch (error) {
      finding = thrown("an audit", error, { id, ordinal: null });
    }
  }

  function failed(error: unknown): void {
    const running = space.running?.() ?? null;
    const name = running === null ? undefined : space.actions[running];
    finding ??= thrown(name === undefined ? "a transition" : `the action "${name}"`, error, { id: currentId, ordinal: null });
  }

  return {
    get finding() { return finding; },
    get bound() { return bound; },
    begin() {
      try {
        for (const state of space.initials()) {
          reach(INITIAL, state);
          if (ended()) return;
        }
      } catch (error) {
        finding = thrown("the initial states", error, { id: null, ordinal: null });
      }
    },
    expand(id, state, at) {
      current = state;
      currentId = id;
      level = at;
      ordinal = 0;
      const checking = check.begin(id, state);
      try {
        const pending = space.expand(state, reach);
        if (pending !== undefined) return pending.then(async () => { await finish(state, checking); }, failed);
      } catch (error) {
        failed(error);
        return null;
      }
      return finish(state, checking);
    },
    counts: () => ({
      generated, depth, expanded,
      actions: space.actions.map((name, index) => ({ name, fired: fired[index] ?? 0, fresh: fresh[index] ?? 0, firstDepth: firstDepth[index] ?? null })),
    }),
    add(counts) {
      generated += counts.generated;
      expanded += counts.expanded;
      depth = Math.max(depth, counts.depth);
      for (const [index, action] of counts.actions.entries()) {
        fired[index] = (fired[index] ?? 0) + action.fired;
        fresh[index] = (fresh[index] ?? 0) + action.fresh;
        firstDepth[index] ??= action.firstDepth;
      }
    },
  };
}

function thrown(what: string, error: unknown, place: Place): Finding {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { verdict: "error", property: what, reason: `${what} threw ${text}`, place };
}
