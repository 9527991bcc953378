// How a replay went, as data and for people: the steps, and at which of them the property broke. It judges nothing.
import type { ReplayScript } from "./script.ts";

export interface ReplayOutcome {
  /** The step after which the property does not hold; 0: it did not before any. Null: it holds throughout. */
  readonly broken: { readonly step: number; readonly says: string; readonly property: string } | null;
  /** Steps that could not happen, with the reason: what they were about is not so any more. */
  readonly skipped: readonly { readonly step: number; readonly says: string; readonly why: string }[];
  /** Whether what was under way after the script came to its end within 300 moves; timers that set themselves never do. */
  readonly settled: boolean;
  /** All of this for people. */
  readonly text: string;
}

export function outcomeText({ property, steps }: ReplayScript, { broken, skipped, settled }: Omit<ReplayOutcome, "text">): string {
  const lines = steps.slice(0, broken === null ? steps.length : broken.step).map(({ says }, index) => {
    const left = skipped.find(({ step }) => step === index + 1);
    return `${String(index + 1).padStart(4)} ${says}${left === undefined ? "" : `\n       did not happen: ${left.why}`}`;
  });
  if (broken === null) {
    const end = settled ? "and holds to the end" : "and holds as far as it was followed: what is under way does not come to an end";
    return [`"${property}" holds after every step, ${end}.`, ...lines].join("\n");
  }
  const where = broken.step === 0 ? "where it begins" : broken.step > steps.length ? `after the script, while ${broken.says}` : `by step ${String(broken.step)}: ${broken.says}`;
  return [`"${property}" is broken ${where}`, ...lines].join("\n");
}
