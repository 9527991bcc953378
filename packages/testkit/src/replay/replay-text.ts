// How a replay went, for people: the steps, and at which of them the property broke. Text only.
import type { ReplayOutcome } from "./replay.ts";
import type { ReplayScript } from "./script.ts";

export function replayText({ property, steps }: ReplayScript, { broken, skipped, settled }: Omit<ReplayOutcome, "text">): string {
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
