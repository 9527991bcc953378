// A system as a subject for the explorer, and what its exploration found. It joins the parts; each decides for itself.
import { isEvenkeelError } from "@evenkeel/core";
import { explore } from "../explore/explore.ts";
import type { ExploreOptions } from "../explore/options.ts";
import type { InvariantDefinition, Predicate } from "../model/definition.ts";
import type { Report } from "../report.ts";
import type { Invariant, Properties, Subject } from "../space.ts";
import type { World } from "./cell.ts";
import { Cells } from "./cells.ts";
import { partsOf } from "./definition-text.ts";
import { forbidInHandlers } from "./forbidden.ts";
import { HandlerGuard } from "./guard.ts";
import { look, type Looked } from "./look.ts";
import { invalid, LIMITS, planSystem, type GivenDefinition } from "./plan-system.ts";
import type { Plan } from "./plan.ts";
import { Runs } from "./runs.ts";
import { showWorld } from "./show.ts";
import { SystemSpace } from "./system-space.ts";
import { teller } from "./tell.ts";
import { viewer } from "./view.ts";

/** The properties of a definition with their types spent: each is asked about a view. */
export interface GivenProperties {
  readonly name?: string;
  readonly invariants?: Readonly<Record<string, InvariantDefinition<never>>>;
  readonly steps?: Readonly<Record<string, (before: never, after: never, step: string) => boolean>>;
  readonly sometimes?: Readonly<Record<string, Predicate<never>>>;
  readonly eventually?: Readonly<Record<string, Predicate<never>>>;
}

/** What the exploration of a system found. */
export interface SystemReport extends Report {
  /** Handlers that were really run; every other step used what one of these had decided. */
  readonly handlerRuns: number;
  /** Decisions and steps that a mutation changed; 0 where there is none. */
  readonly mutated: number;
}

/** A system that is ready to be explored. */
export interface OpenedSystem {
  readonly subject: Subject<World>;
  readonly space: SystemSpace;
  readonly plan: Plan;
  readonly runs: Runs;
  look(world: World): Looked;
}

export async function exploreSystem(definition: GivenDefinition & GivenProperties, options: ExploreOptions): Promise<SystemReport> {
  const allow = forbidInHandlers();
  try {
    const { subject, plan, runs } = await openSystem(definition, options.seed);
    const report = await explore(subject, options);
    return { ...concluded(report, runs, plan), handlerRuns: runs.real, mutated: runs.mutated };
  } finally {
    allow();
  }
}

export async function openSystem(definition: GivenDefinition & GivenProperties, seed = 0): Promise<OpenedSystem> {
  const cells = new Cells(seed >>> 0);
  const { plan, messages, given } = planSystem(definition, cells);
  const runs = new Runs(cells, messages, plan.system.groups, new HandlerGuard({ partitions: 1, limits: LIMITS, now: plan.now }));
  const space = new SystemSpace(plan, cells, messages, runs);
  const start = await space.settle(given);
  const view = viewer(cells, plan.system, (world) => space.isAtRest(world));
  refuseFailed(view(start));
  space.start(start);
  // What is given is handled as it ships.
  runs.mutation = plan.mutation;
  const name = definition.name ?? plan.system.groups.map((group) => group.name).join(", ");
  const subject = {
    name, space, properties: propertiesOf(definition, view), assumptions: assumptionsOf(plan),
    oneThread: "the steps of a system come in the order in which one thread has met its keys",
    parts: { ...partsOf(definition), ...propertyTexts(definition) },
    show: (world: World) => showWorld(look(world, cells, plan.system)),
    tell: teller(plan.system),
  };
  return { subject, space, plan, runs, look: (world) => look(world, cells, plan.system) };
}

function propertiesOf(definition: GivenProperties, view: (world: World) => object): Properties<World> {
  const holds = (predicate: Predicate<never>) => (world: World): boolean => predicate(view(world) as never);
  const invariants = Object.entries(definition.invariants ?? {}).map(([name, one]): Invariant<World> =>
    typeof one === "function" ? { name, holds: holds(one) } : { name, when: holds(one.when), holds: holds(one.then) });
  const isQuiet = (world: World): boolean => (view(world) as { readonly isQuiet: boolean }).isQuiet;
  const settled = Object.entries(definition.eventually ?? {}).map(([name, goal]): Invariant<World> => ({ name, when: isQuiet, holds: holds(goal) }));
  return {
    invariants: [...invariants, ...settled],
    steps: Object.entries(definition.steps ?? {}).map(([name, one]) => ({
      name, holds: (before, after, step) => one(view(before) as never, view(after) as never, step),
    })),
    witnesses: Object.entries(definition.sometimes ?? {}).map(([name, one]) => ({ name, holds: holds(one) })),
    temporal: [], fairness: { weak: [], strong: [] }, deadlock: "allowed", constraint: null, stepConstraint: null,
  };
}

/** What is asked is wrapped before the explorer sees it: its own text is here. */
function propertyTexts({ invariants, steps, sometimes, eventually }: GivenProperties): Readonly<Record<string, string>> {
  const texts = (kind: string, record: Readonly<Record<string, unknown>> = {}): [string, string][] => Object.entries(record).map(([name, one]) =>
    [`the ${kind} "${name}"`, typeof one === "object" && one !== null ? Object.values(one).map(String).join(" ") : String(one)]);
  return Object.fromEntries([...texts("invariant", invariants), ...texts("step property", steps), ...texts("witness", sometimes), ...texts("eventual goal", eventually)]);
}

function assumptionsOf({ budgets, operations, attempts }: Plan): string[] {
  const unknowns = [...operations].filter(([, one]) => one.ends.some((end) => end.kind.startsWith("unknown") || end.kind.startsWith("late")));
  const { duplicates, crashes, poisons, redrives } = budgets;
  return [
    "every step is one message, call or timer, as a whole: that commits are atomic is the engine's to show",
    `per stimulus: ${String(duplicates)} duplicates, ${String(crashes)} crashes, ${String(poisons)} poisoned messages, ${String(redrives)} redrives`,
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
