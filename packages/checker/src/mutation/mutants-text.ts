// What a run of mutants says to people: who noticed what, and what nobody can see.
import type { MutantResult, MutationReport } from "./check-mutants.ts";

export function mutantsText({ subject, base, mutants }: MutationReport): string {
  if (mutants.length === 0) return `${subject}: ${base.verdict}, ${base.reason}; mutants are tried where a check passes.\n`;
  const of = (result: MutantResult["result"]): readonly MutantResult[] => mutants.filter((one) => one.result === result);
  const tried = mutants.length - of("unreached").length;
  const lines = [
    `${subject}: ${String(of("killed").length)} of ${String(tried)} mutants are noticed.`,
    ...of("killed").map(({ text, by }) => `  noticed: ${text}${by === null ? "" : ` (${by.property}${by.steps === 0 ? "" : `, ${String(by.steps)} steps`})`}`),
    ...of("survived").map(({ text }) => `  YOUR PROPERTIES CANNOT SEE: ${text}`),
    ...of("unknown").map(({ text }) => `  not known within the bounds: ${text}`),
    ...of("unreached").map(({ text }) => `  never made a difference: ${text}`),
  ];
  return `${lines.join("\n")}\n`;
}
