// `checkMutants()`: does one thing wrong at a time and looks whether a property notices. What none of them notices, the check cannot see.
import type { ExploreOptions } from "../explore/options.ts";
import { exploreSystem, openSystem, type SystemReport } from "../system/check-system.ts";
import type { GivenDefinition } from "../system/plan-system.ts";
import type { GivenProperties } from "../system/properties.ts";
import { mutationText, type Mutation } from "./mutation.ts";
import { mutationsOf } from "./mutations-of.ts";

export interface MutantResult {
  readonly mutation: Mutation;
  /** The mutation for people. */
  readonly text: string;
  /**
   * `killed`: a property breaks. `survived`: everything was seen, and nothing breaks. `unreached`: it never made a difference. `unknown`: a
   * bound was met before anything broke.
   */
  readonly result: "killed" | "survived" | "unreached" | "unknown";
  /** The property that noticed it, and the number of steps of the shortest way; null where none did. */
  readonly by: { readonly property: string; readonly steps: number } | null;
}

export interface MutationReport {
  readonly subject: string;
  /** What the check says without any mutation: only where it passes do mutants say anything. */
  readonly base: SystemReport;
  /** Empty where the base did not pass. */
  readonly mutants: readonly MutantResult[];
}

/** Bounds of each mutant's exploration; the base has those that were asked for. */
const EACH: ExploreOptions = { maxStates: 200_000, maxSeconds: 20, doubleCheck: 0 };

export async function exploreMutants(
  definition: GivenDefinition & GivenProperties, options: ExploreOptions, told: (result: MutantResult) => void,
): Promise<MutationReport> {
  const base = await exploreSystem(definition, options);
  const mutants: MutantResult[] = [];
  if (base.verdict === "pass" || base.verdict === "bounded") {
    const { plan } = await openSystem(definition);
    for (const mutation of mutationsOf(plan)) {
      const result = await judge(definition, mutation, options);
      told(result);
      mutants.push(result);
    }
  }
  return { subject: base.subject, base, mutants };
}

async function judge(definition: GivenDefinition & GivenProperties, mutation: Mutation, { seed }: ExploreOptions): Promise<MutantResult> {
  const report = await exploreSystem({ ...definition, mutation }, { ...EACH, ...(seed === undefined ? {} : { seed }) });
  const text = mutationText(mutation);
  const killed = report.trace !== null && (report.verdict === "violated" || report.verdict === "deadlock" || report.verdict === "error");
  if (killed) return { mutation, text, result: "killed", by: { property: report.trace.property, steps: report.trace.steps.length - 1 } };
  // A witness that is out of reach now was noticed, too.
  if (report.verdict === "vacuous") return { mutation, text, result: "killed", by: { property: report.reason, steps: 0 } };
  if (report.mutated === 0) return { mutation, text, result: report.verdict === "bounded" ? "unknown" : "unreached", by: null };
  return { mutation, text, result: report.verdict === "pass" ? "survived" : "unknown", by: null };
}
