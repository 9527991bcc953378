// Explores a subject within bounds and reports: puts the search, its properties and its traces together. What the subject is, a model, an
// application or a machine of the engine, makes no difference here.
import { temporalJudge } from "../liveness/temporal-judge.ts";
import type { Report, Trace, Verdict } from "../report.ts";
import type { Subject } from "../space.ts";
import { byteFrontier } from "./byte-frontier.ts";
import { togetherOf } from "./crew/together.ts";
import { workersOf } from "./crew/workers-options.ts";
import { objectFrontier } from "./frontier.ts";
import { judgeOf } from "./judge.ts";
import { keeperOf } from "./keeper.ts";
import { meterOf } from "./meter.ts";
import { checkExploreOptions } from "./option-names.ts";
import { settingsOf, simulationOf } from "./options.ts";
import type { ExploreOptions } from "./options.ts";
import { Origins } from "./origins.ts";
import type { TemporalConclusion } from "./recorder.ts";
import { search } from "./search.ts";
import { simulate } from "./simulate.ts";
import { traceAround, traceTo } from "./trace.ts";
import { VisitedSet } from "./visited.ts";

/**
 * Sees every state of a subject that its bounds allow, breadth first.
 *
 * @returns the report; it does not reject for what the subject does: that is the verdict `error`.
 * @throws EvenkeelError `CONFIG_INVALID` for an option that there is not or that is out of range, `CHECKPOINT_MISMATCH` for a checkpoint of something else.
 */
export async function explore<State>(
  subject: Subject<State>, options: ExploreOptions = {},
): Promise<Report> {
  checkExploreOptions(options);
  const settings = settingsOf(options);
  const workers = workersOf(subject, options);
  const simulation = simulationOf(options);
  if (simulation !== null) return await simulate(subject, settings, simulation);
  const judge = judgeOf(subject.properties);
  const temporal = temporalJudge(subject.properties, subject.space.actions.length);
  const visited = new VisitedSet(settings.fingerprintBits, workers !== null);
  const origins = new Origins();
  const mostBytes = settings.maxMemoryMb * 1e6;
  const short = (waitingBytes: number): boolean => visited.bytes + origins.bytes + waitingBytes > mostBytes;
  const makeCodec = subject.space.codec?.bind(subject.space) ?? null;
  const bytes = makeCodec === null ? null : byteFrontier(makeCodec, short);
  const together = workers === null || makeCodec === null ? null : await togetherOf({ subject, settings, judge, visited, origins, makeCodec, workers });
  const frontier = together?.frontier ?? bytes ?? objectFrontier<State>();
  const meter = meterOf(subject.name, settings, () => ({ distinct: visited.size, queue: frontier.length }));
  const parts = { subject, settings, judge, visited, origins };
  const outgrown = (): string | null => (short(0) ? `the bound of ${settings.maxMemoryMb} MB of memory was met` : null);
  const beat: typeof meter.beat = (numbers) => meter.beat(numbers) ?? outgrown();
  const keeper = await keeperOf({ ...parts, frontier: bytes }, options.checkpoint);
  const earlier = keeper.earlier?.numbers ?? null;
  const searched = { ...parts, frontier, crew: together?.crew ?? null, recorder: temporal, beat, barrier: keeper.barrier, earlier };
  const end = await search(searched).finally(() => frontier.close()).finally(() => together?.end());
  const conclusion = end.finding === null && temporal !== null ? temporal.conclude() : nothingConcluded(subject);

  let verdict: Verdict = "pass";
  let reason = `all ${visited.size} states were seen, and everything that was asked holds`;
  let trace: Trace | null = null;
  // What lies outside a constraint may be near.
  let leadsOut = false;
  if (end.finding !== null) {
    ({ verdict, reason } = end.finding);
    const rebuilt = await traceTo(parts, end.finding.property, end.finding.place);
    trace = rebuilt.trace;
    if (!rebuilt.complete) [verdict, reason] = unrepeatable(reason);
  } else if (conclusion.broken !== null) {
    verdict = "violated";
    reason = `an endless run breaks "${conclusion.broken.property}"`;
    const rebuilt = await traceAround(parts, conclusion.broken);
    trace = rebuilt.trace;
    if (!rebuilt.complete) [verdict, reason] = unrepeatable(reason);
  } else if (end.bound !== null) {
    verdict = "bounded";
    reason = `${end.bound}; what was seen holds`;
  } else if (conclusion.checked.some(({ checked }) => !checked)) {
    verdict = "bounded";
    leadsOut = true;
    const names = conclusion.checked.filter(({ checked }) => !checked).map(({ name }) => `"${name}"`);
    reason = `runs lead out of the constraint, and what becomes of ${names.join(", ")} there is not known; what was seen holds`;
  } else {
    const empty = emptyHanded(judge.invariants(), judge.witnesses(), conclusion.idle);
    if (empty !== null) [verdict, reason] = ["vacuous", empty];
  }
  if (end.bound === null) keeper.done();
  const { seconds, peakMemoryBytes } = meter.end(end);
  const repeats = end.generated - visited.size;
  return {
    subject: subject.name, verdict, reason,
    assumptions: subject.assumptions,
    distinct: visited.size, generated: end.generated, unexpanded: visited.size - end.expanded, depth: end.depth,
    // A state of the level that is being expanded was stored when the level before it was.
    wholeLevels: leadsOut ? 0 : end.finding === null && end.bound === null ? end.depth : end.level,
    seconds: seconds + (keeper.earlier?.seconds ?? 0),
    collisionProbability: Math.min(1, (visited.size * repeats) / 2 ** settings.fingerprintBits),
    seed: settings.seed, peakMemoryBytes,
    actions: end.actions, invariants: judge.invariants(), witnesses: judge.witnesses(), temporal: conclusion.checked, trace,
  };
}

function nothingConcluded<State>({ properties }: Subject<State>): TemporalConclusion {
  return { broken: null, checked: properties.temporal.map(({ name }) => ({ name, checked: false })), idle: [] };
}

function unrepeatable(reason: string): [Verdict, string] {
  return ["nondeterministic", `${reason}; but the way there could not be walked again: the same state led elsewhere`];
}

function emptyHanded(invariants: Report["invariants"], witnesses: Report["witnesses"], neverArose: readonly string[]): string | null {
  const idle = invariants.filter(({ applied }) => applied === 0).map(({ name }) => `"${name}" never applied`);
  const unseen = witnesses.filter(({ depth }) => depth === null).map(({ name }) => `"${name}" was never seen`);
  const unasked = neverArose.map((name) => `what "${name}" begins with never happened`);
  const all = [...idle, ...unseen, ...unasked];
  return all.length === 0 ? null : `all states were seen and nothing is broken, but ${all.join(", and ")}`;
}
