// Random runs from a seed, for spaces that are too large to exhaust. Each step judges all successors and follows one of them. It finds
// defects and proves nothing: its verdict is never a pass, and its trace is a run, not the shortest way.
import { spread } from "../state/mixing.ts";
import type { Report, Trace, TraceStep } from "../report.ts";
import type { Subject, Words } from "../space.ts";
import { judgeOf } from "./judge.ts";
import { meterOf } from "./meter.ts";
import type { Settings, SimulationOptions } from "./options.ts";
import { VisitedSet } from "./visited.ts";

interface Step<State> {
  readonly action: number;
  readonly state: State;
  readonly detail: unknown;
}

interface Broken<State> {
  readonly verdict: "violated" | "deadlock" | "error";
  readonly property: string;
  readonly reason: string;
  /** What the run ends with, where it is not the last state followed. */
  readonly last: Step<State> | null;
}

const INITIAL = -1;

export async function simulate<State>(
  subject: Subject<State>, settings: Settings, { runs, depth: longest, seed }: Required<SimulationOptions>,
): Promise<Report> {
  const { space, properties } = subject;
  const judge = judgeOf(properties);
  const visited = new VisitedSet(settings.fingerprintBits);
  const words: Words = new Uint32Array(settings.fingerprintBits / 32);
  const fired = new Float64Array(space.actions.length);
  const fresh = new Float64Array(space.actions.length);
  const firstDepth: (number | null)[] = space.actions.map(() => null);
  const random = randomWords(seed);
  // `chosen` is the successor that is followed: each of those met so far with the same chance.
  const now: { broken: Broken<State> | null; chosen: Step<State> | null } = { broken: null, chosen: null };
  let generated = 0;
  let depth = 0;
  let path: Step<State>[] = [];
  let candidates = 0;
  let successors = 0;

  const level = (): number => path.length + 1;
  const numbers = () => ({
    generated, level: path.length, depth, expanded: 0,
    actions: space.actions.map((name, index) => ({ name, fired: fired[index] ?? 0, fresh: fresh[index] ?? 0, firstDepth: firstDepth[index] ?? null })),
  });
  const meter = meterOf(subject.name, settings, () => ({ distinct: visited.size, queue: 0 }));

  function reach(action: number, state: State, detail?: unknown): void {
    if (now.broken !== null) return;
    const step = { action, state, detail };
    const before = path.at(-1);
    generated += 1;
    successors += 1;
    if (action !== INITIAL) {
      fired[action] = (fired[action] ?? 0) + 1;
      firstDepth[action] = Math.min(firstDepth[action] ?? Infinity, path.length);
    }
    let asking = "the fingerprint";
    try {
      space.fingerprint(state, words, settings.seed);
      const slot = visited.slotOf(words);
      const known = visited.idAt(slot);
      asking = "the step constraint";
      if (before !== undefined && properties.stepConstraint !== null && !properties.stepConstraint(before.state, state)) return;
      asking = "";
      if (before !== undefined && properties.steps.length > 0 && known !== idOf(before.state)) {
        const name = judge.step(before.state, state, space.actions[action] ?? "");
        if (name !== null) return end("violated", name, `"${name}" does not hold of a step of "${space.actions[action] ?? ""}"`, step);
      }
      if (known < 0) {
        const name = judge.state(state, level());
        if (name !== null) return end("violated", name, `"${name}" does not hold in a state`, step);
      }
      asking = "the constraint";
      if (properties.constraint !== null && !properties.constraint(state)) return;
      if (known < 0) {
        // The slot may be another one by now: asking about `before` looked elsewhere, and wrote its words.
        space.fingerprint(state, words, settings.seed);
        visited.insert(visited.slotOf(words), words);
        depth = Math.max(depth, level());
        if (action !== INITIAL) fresh[action] = (fresh[action] ?? 0) + 1;
      }
    } catch (error) {
      return end("error", asking === "" ? judge.asking : asking, thrownText(asking === "" ? judge.asking : asking, error), step);
    }
    candidates += 1;
    if (random() % candidates === 0) now.chosen = step;
  }

  function idOf(state: State): number {
    space.fingerprint(state, words, settings.seed);
    return visited.idOf(words);
  }

  function end(verdict: Broken<State>["verdict"], property: string, reason: string, last: Step<State> | null): void {
    now.broken ??= { verdict, property, reason, last };
    now.chosen = null;
  }

  async function step(): Promise<void> {
    const from = path.at(-1);
    now.chosen = null;
    candidates = 0;
    successors = 0;
    try {
      if (from === undefined) for (const state of space.initials()) reach(INITIAL, state);
      else await space.expand(from.state, reach);
    } catch (error) {
      const running = space.running?.() ?? null;
      const name = from === undefined ? "the initial states" : running === null ? "a transition" : `the action "${space.actions[running] ?? ""}"`;
      end("error", name, thrownText(name, error), null);
    }
    if (now.broken !== null) return;
    if (from === undefined || successors > 0 || properties.deadlock === "allowed") return;
    try {
      if (!properties.deadlock.done(from.state)) end("deadlock", "deadlock", `nothing can happen in a state of level ${path.length}`, null);
    } catch (error) {
      end("error", "the deadlock condition", thrownText("the deadlock condition", error), null);
    }
  }

  let run = 0;
  let bound: string | null = null;
  for (; run < runs && now.broken === null && bound === null; run += 1) {
    path = [];
    do {
      await step();
      if (now.chosen !== null) path.push(now.chosen);
    } while (now.chosen !== null && path.length < longest);
    bound = meter.beat(numbers);
  }

  const trace = traceOf(subject, path, now.broken);
  const { seconds, peakMemoryBytes } = meter.end(numbers());
  return {
    subject: subject.name, verdict: now.broken?.verdict ?? "bounded",
    reason: now.broken?.reason
      ?? `${bound === null ? "" : `${bound}; `}${run} random runs of at most ${longest} states found nothing; what they did not reach was not judged`,
    assumptions: [...subject.assumptions, `random runs with seed ${seed}; a trace is the run that found it, not a shortest one`],
    distinct: visited.size, generated, unexpanded: visited.size, depth, wholeLevels: 0, seconds,
    collisionProbability: Math.min(1, (visited.size * (generated - visited.size)) / 2 ** settings.fingerprintBits),
    seed: settings.seed, peakMemoryBytes, actions: numbers().actions, invariants: judge.invariants(), witnesses: judge.witnesses(),
    temporal: properties.temporal.map(({ name }) => ({ name, checked: false })), trace,
  };
}

function traceOf<State>(subject: Subject<State>, path: readonly Step<State>[], broken: Broken<State> | null): Trace | null {
  if (broken === null) return null;
  const steps = broken.last === null ? path : [...path, broken.last];
  const stepOf = ({ action, state, detail }: Step<State>): TraceStep => (
    { action: subject.space.actions[action] ?? null, detail, state: subject.show(state), tale: null }
  );
  return { property: broken.property, steps: steps.map(stepOf), backTo: null, avoidableAfter: null };
}

function thrownText(what: string, error: unknown): string {
  return `${what} threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

/** A Weyl sequence through a mixing function: whole numbers from 0 to 2^32 - 1. */
function randomWords(seed: number): () => number {
  let word = spread(seed ^ 0x6a09_e667);
  return () => {
    word = (word + 0x9e37_79b9) | 0;
    return spread(word) >>> 0;
  };
}
