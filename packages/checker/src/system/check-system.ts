// A system as a subject for the explorer, and what its exploration found. It joins the parts; each decides for itself.
import { isEvenkeelError } from "@evenkeel/core";
import { explore } from "../explore/explore.ts";
import type { ExploreOptions } from "../explore/options.ts";
import { exploreReduced } from "../reduction/explore-reduced.ts";
import { Footprints } from "../reduction/footprints.ts";
import { ReducedSpace } from "../reduction/reduced-space.ts";
import type { Report } from "../report.ts";
import type { Subject } from "../space.ts";
import type { World } from "./cell.ts";
import { Cells } from "./cells.ts";
import { partsOf } from "./definition-text.ts";
import { forbidInHandlers } from "./forbidden.ts";
import { HandlerGuard } from "./guard.ts";
import { look, type Looked } from "./look.ts";
import { invalid, LIMITS, planSystem, type GivenDefinition } from "./plan-system.ts";
import type { Plan } from "./plan.ts";
import { SystemProperties, type GivenProperties, type GivenReductions } from "./properties.ts";
import { Runs } from "./runs.ts";
import { showWorld } from "./show.ts";
import { SystemSpace } from "./system-space.ts";
import { teller } from "./tell.ts";
import { viewer } from "./view.ts";

/** What the exploration of a system found. */
export interface SystemReport extends Report {
  /** Handlers that were really run; every other step used what one of these had decided. */
  readonly handlerRuns: number;
  /** Decisions and steps that a mutation changed; 0 where there is none. */
  readonly mutated: number;
  /** null: everything was looked at. */
  readonly reductions: ReductionReport | null;
}

/** What was done to see less of a system than all of it. */
export interface ReductionReport {
  readonly partialOrder: boolean;
  readonly retired: boolean;
  /** Searches until one learnt nothing new of what steps read and write: only the last one counts. */
  readonly rounds: number;
  /** Movers that were not followed where others were enough, over all states. */
  readonly leftOut: number;
  /** Worlds that were met and stand in for no state of their own, because another one is like them. */
  readonly merged: number;
}

/** A system that is ready to be explored. */
export interface OpenedSystem {
  readonly subject: Subject<World>;
  readonly space: SystemSpace;
  readonly plan: Plan;
  readonly runs: Runs;
  readonly cells: Cells;
  readonly properties: SystemProperties;
  look(world: World): Looked;
}

export async function exploreSystem(definition: GivenDefinition & GivenProperties, options: ExploreOptions): Promise<SystemReport> {
  const allow = forbidInHandlers();
  try {
    const opened = await openSystem(definition, options.seed);
    const { report, reductions } = await explored(opened, definition.reductions ?? {}, options);
    const { runs, plan } = opened;
    return { ...concluded(report, runs, plan), handlerRuns: runs.real, mutated: runs.mutated + opened.space.forgotten, reductions };
  } finally {
    allow();
  }
}

async function explored(
  { subject, space, plan, cells, properties, runs }: OpenedSystem, given: GivenReductions, options: ExploreOptions,
): Promise<{ report: Report; reductions: ReductionReport | null }> {
  const { partialOrder = false, retired = false } = given;
  if (plan.stimuli.some(({ follows }) => follows !== null) && (partialOrder || retired)) throw invalid("Reductions know nothing of `reactions`: leave one of the two out.");
  if (plan.withoutRows && (partialOrder || retired)) throw invalid("Reductions know nothing of calls without rows: leave `faults.takeovers` or `reductions` out.");
  // A random run is a run of the whole system, and what is done wrong on purpose has steps that no footprint knows.
  const isWhole = options.strategy !== undefined || plan.mutation !== null || (!partialOrder && !retired);
  if (isWhole) return { report: await explore(subject, options), reductions: null };
  if (options.checkpoint !== undefined) throw invalid("A search with reductions is made in rounds and cannot be kept: leave `checkpoint` or `reductions` out.");
  const parts = { space, plan, cells, properties, footprints: new Footprints({ space, plan, cells, runs }) };
  const reduced = new ReducedSpace(parts, { partialOrder, retired });
  const { report, rounds } = await exploreReduced(subject, reduced, parts, options);
  return { report, reductions: { partialOrder, retired, rounds, leftOut: reduced.leftOut, merged: reduced.met - report.distinct } };
}

export async function openSystem(definition: GivenDefinition & GivenProperties, seed = 0): Promise<OpenedSystem> {
  const cells = new Cells(seed >>> 0);
  const { plan, messages, given } = planSystem(definition, cells);
  const runs = new Runs(cells, messages, plan.system.groups, new HandlerGuard({ partitions: 1, limits: LIMITS, now: plan.now }));
  runs.withoutRows = plan.withoutRows;
  const space = new SystemSpace(plan, cells, messages, runs);
  const start = await space.settle(given);
  const view = viewer(cells, plan.system, (world) => space.isAtRest(world));
  refuseFailed(view.of(start));
  space.start(start);
  // What is given is handled as it ships.
  runs.mutation = plan.mutation;
  const name = definition.name ?? plan.system.groups.map((group) => group.name).join(", ");
  const properties = new SystemProperties(definition, cells, view);
  const subject = {
    name, space, properties: properties.forExplorer, assumptions: assumptionsOf(plan),
    oneThread: "the steps of a system come in the order in which one thread has met its keys",
    parts: { ...partsOf(definition), ...propertyTexts(definition) },
    show: (world: World) => showWorld(look(world, cells, plan.system)),
    tell: teller(plan.system),
  };
  return { subject, space, plan, runs, cells, properties, look: (world) => look(world, cells, plan.system) };
}

/** What is asked is wrapped before the explorer sees it: its own text is here. */
function propertyTexts({ invariants, steps, sometimes, eventually, perKey = {} }: GivenProperties): Readonly<Record<string, string>> {
  const texts = (kind: string, record: Readonly<Record<string, unknown>> = {}): [string, string][] => Object.entries(record).map(([name, one]) =>
    [`the ${kind} "${name}"`, typeof one === "object" && one !== null ? Object.values(one).map(String).join(" ") : String(one)]);
  return Object.fromEntries([...texts("invariant", invariants), ...texts("step property", steps), ...texts("witness", sometimes), ...texts("eventual goal", eventually),
    ...texts("invariant per key", perKey.invariants), ...texts("eventual goal per key", perKey.eventually)]);
}

function assumptionsOf({ budgets, operations, attempts, withoutRows }: Plan): string[] {
  const unknowns = [...operations].filter(([, one]) => one.ends.some((end) => end.kind.startsWith("unknown") || end.kind.startsWith("late")));
  const { duplicates, crashes, poisons, redrives } = budgets;
  return [
    "every step is one message, call or timer, as a whole: that commits are atomic is the engine's to show",
    `per stimulus: ${String(duplicates)} duplicates, ${String(crashes)} crashes, ${String(poisons)} poisoned messages, ${String(redrives)} redrives`,
    ...(withoutRows ? [`first attempts of workflows have no row; per stimulus ${String(budgets.takeovers)} takeovers, each of one key`] : []),
    `a handler that fails transiently is run ${String(attempts)} times`,
    "what is under way goes on at last, and timers fire at any time",
    ...(unknowns.length === 0 ? [] : [`${unknowns.map(([name]) => name).join(", ")}: not every attempt stays unanswered`]),
  ];
}

function refuseFailed(view: object): void {
  const { parked } = view as { readonly parked: readonly { service: string; name: string; key: string; code: string; reason: string }[] };
  const [failed] = parked;
  if (failed === undefined) return;
  const { service, name, key, code, reason } = failed;
  throw invalid(`What is given must succeed, and '${name}' of key '${key}' failed in service '${service}' with ${code}: ${reason}`);
}

/** Opaque SQL bounds a pass; a handler that broke the rules of its run is no error of the exploration. */
function concluded(report: Report, { misdeed }: Runs, { twins }: Plan): Report {
  if (report.verdict === "error" && isEvenkeelError(misdeed)) return { ...report, verdict: "nondeterministic", reason: misdeed.message };
  if (twins.opaque.size === 0) return report;
  const opaque = `opaque sql ${[...twins.opaque].join(", ")}`;
  const assumptions = [...report.assumptions, `${opaque}: taken to succeed`];
  if (report.verdict !== "pass" && report.verdict !== "vacuous") return { ...report, assumptions };
  return { ...report, assumptions, verdict: "bounded", reason: `${opaque}; ${report.reason}` };
}
