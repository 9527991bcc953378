// Breadth-first search: every stored state is expanded once, level by level, until nothing waits, something is found, or a bound is met.
// It counts and keeps the ways; what to conclude from it is the report's, and what endless runs do is the recorder's.
import type { ActionCoverage } from "../report.ts";
import type { Subject, Words } from "../space.ts";
import { doubleChecker } from "./double-check.ts";
import type { Finding, Place } from "./finding.ts";
import type { Frontier } from "./frontier.ts";
import type { Judge } from "./judge.ts";
import type { Settings } from "./options.ts";
import type { Origins } from "./origins.ts";
import type { Recorder } from "./recorder.ts";
import type { VisitedSet } from "./visited.ts";

/** What a search works on. */
interface SearchParts<State> {
  readonly subject: Subject<State>;
  readonly settings: Settings;
  readonly judge: Judge<State>;
  readonly visited: VisitedSet;
  readonly origins: Origins;
  readonly frontier: Frontier<State>;
  readonly recorder: Recorder<State> | null;
  /** Called between expansions, now and then: says why to stop, or null. */
  beat(numbers: () => SearchNumbers): string | null;
  /** Called between two levels, when every state of the last one is expanded and none of the next. */
  barrier(numbers: () => SearchNumbers): void;
  /** The numbers of an earlier part of this search that ended at a barrier; null: it begins. */
  readonly earlier: SearchNumbers | null;
}

export interface SearchNumbers {
  readonly generated: number;
  /** The level whose states are being expanded. */
  readonly level: number;
  /** The deepest level of which a state was stored. */
  readonly depth: number;
  /** States whose transitions were all looked at. */
  readonly expanded: number;
  readonly actions: readonly ActionCoverage[];
}

interface SearchEnd extends SearchNumbers {
  /** What was found, if anything. */
  readonly finding: Finding | null;
  /** Why states were left unexpanded, or null: none were. */
  readonly bound: string | null;
}

const EXPANSIONS_PER_BEAT = 64;
const YIELD_EACH_MS = 100;
const INITIAL = -1;

export async function search<State>(parts: SearchParts<State>): Promise<SearchEnd> {
  const { subject, settings, judge, visited, origins, frontier, recorder } = parts;
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
  let levelEnd = 0;
  let nextId = 0;
  let expanded = 0;
  let finding: Finding | null = null;
  let bound: string | null = null;
  // The state that is being expanded.
  let current: State | null = null;
  let currentId = INITIAL;
  let ordinal = 0;

  const ended = (): boolean => finding !== null || bound !== null;
  const place = (): Place => ({ id: currentId === INITIAL ? null : currentId, ordinal: ordinal - 1 });
  const numbers = (): SearchNumbers => ({
    generated, level, depth, expanded,
    actions: space.actions.map((name, index) => ({
      name, fired: fired[index] ?? 0, fresh: fresh[index] ?? 0, firstDepth: firstDepth[index] ?? null,
    })),
  });

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
    const slot = visited.slotOf(words);
    const known = visited.idAt(slot);
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
    if (visited.size >= settings.maxStates) {
      bound = `the bound of ${settings.maxStates} states was met`;
      return;
    }
    const id = visited.insert(slot, words);
    origins.push(currentId === INITIAL ? null : currentId, ordinal - 1);
    frontier.push(next);
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

  function begin(): void {
    try {
      for (const state of space.initials()) {
        reach(INITIAL, state);
        if (ended()) return;
      }
    } catch (error) {
      finding = thrown("the initial states", error, { id: null, ordinal: null });
    }
  }

  function resume(earlier: SearchNumbers): void {
    ({ generated, level, depth, expanded } = earlier);
    nextId = expanded;
    levelEnd = expanded;
    for (const [index, action] of earlier.actions.entries()) {
      fired[index] = action.fired;
      fresh[index] = action.fresh;
      firstDepth[index] = action.firstDepth;
    }
  }

  /** Expands states until there is something to wait for or `beat` is due. */
  function slice(): Promise<void> | null {
    for (let count = 0; count < EXPANSIONS_PER_BEAT && frontier.length > 0; count += 1) {
      if (ended()) return null;
      if (nextId === levelEnd) {
        if (level > 0) parts.barrier(numbers);
        level += 1;
        levelEnd = visited.size;
      }
      if (level >= settings.maxDepth) {
        bound = `the bound of ${settings.maxDepth} levels was met`;
        return null;
      }
      const pending = expandNext();
      if (pending !== null) return pending;
    }
    return null;
  }

  function expandNext(): Promise<void> | null {
    const state = frontier.shift();
    current = state;
    currentId = nextId++;
    ordinal = 0;
    const checking = check.begin(currentId, state);
    try {
      const pending = space.expand(state, reach);
      if (pending !== undefined) return pending.then(async () => { await finish(state, checking); }, failed);
    } catch (error) {
      failed(error);
      return null;
    }
    return finish(state, checking);
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

  if (parts.earlier === null) begin();
  else resume(parts.earlier);
  let yieldAt = Date.now() + YIELD_EACH_MS;
  while (frontier.length > 0 && !ended()) {
    const pending = slice();
    if (pending !== null) await pending;
    bound ??= parts.beat(numbers);
    if (Date.now() > yieldAt) yieldAt = await otherWork();
  }
  return { ...numbers(), finding, bound };
}

/** Lets timers, signals and sockets have their turn: a search may take minutes. Returns when to do so again. */
async function otherWork(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  return Date.now() + YIELD_EACH_MS;
}

function thrown(what: string, error: unknown, place: Place): Finding {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { verdict: "error", property: what, reason: `${what} threw ${text}`, place };
}
