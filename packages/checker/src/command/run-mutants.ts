// Tries the mutants of checks, each at its narrowest scope: where little is explored, much can be tried.
import type { MutantResult, MutationReport } from "../mutation/check-mutants.ts";
import type { Check } from "./run-checks.ts";

interface MutantsOfCheck {
  readonly file: string;
  readonly name: string;
  /** null: it is a model, which has nothing of the platform's in it that could be done wrong. */
  readonly report: MutationReport | null;
}

export async function runMutants(
  checks: readonly Check[], options: { readonly seed?: number }, told: (check: Check, result: MutantResult) => void,
): Promise<readonly MutantsOfCheck[]> {
  const found: MutantsOfCheck[] = [];
  for (const check of checks) {
    const { mutants } = check.scopes[0] ?? { mutants: null };
    const report = mutants === null ? null : await mutants(options, (result) => { told(check, result); });
    found.push({ file: check.file, name: check.name, report });
  }
  return found;
}
