// Which dead letters an operator means: reads the filter options, and insists on exactly one where an action is for one.
import { EvenkeelError } from "@evenkeel/core";
import type { ParkedEntry } from "@evenkeel/core/spi";
import type { OperatorAccess } from "@evenkeel/postgres";
import type { Arguments, OptionSpecs } from "./arguments.ts";
import { usage } from "./errors.ts";
import { didYouMean } from "./nearest.ts";

export const CHOICE_OPTIONS: OptionSpecs = {
  group: { value: "NAME", help: "only of this service" },
  tenant: { value: "NAME", help: "only of this tenant" },
  key: { value: "KEY", help: "only of this routing key" },
  position: { value: "N", help: "only the one at this position of the log" },
};

export interface Choice {
  readonly group?: string;
  readonly tenant?: string;
  readonly key?: string;
  readonly position?: number;
}

/** Throws `USAGE_INVALID` for a group that the log does not know. */
export function choiceOf(given: Arguments, groups: readonly string[]): Choice {
  const [group, tenant, key] = ["group", "tenant", "key"].map((name) => given.text(name));
  const position = given.whole("position", 0, Number.MAX_SAFE_INTEGER);
  checkGroup(group, groups);
  return {
    ...(group === undefined ? {} : { group }), ...(tenant === undefined ? {} : { tenant }),
    ...(key === undefined ? {} : { key }), ...(position === undefined ? {} : { position }),
  };
}

/** Throws `USAGE_INVALID` for a group that the log does not know. */
export function checkGroup(group: string | undefined, groups: readonly string[]): void {
  if (group === undefined || groups.includes(group)) return;
  throw usage(`There is no service '${group}' in this log.${didYouMean(group, groups)} It knows: ${groups.join(", ") || "none yet"}.`);
}

const PAGE = 1_000;

/** Oldest first, page by page: a page ends early where bodies are long. */
export async function find(
  operator: OperatorAccess, choice: Choice, state: "dead" | "waiting" | "all", limit: number,
): Promise<readonly ParkedEntry[]> {
  const { position, ...filter } = choice;
  const found: ParkedEntry[] = [];
  for (let after: ParkedEntry | undefined; found.length < limit;) {
    const most = position === undefined ? Math.min(PAGE, limit - found.length) : PAGE;
    const page = await operator.listParked({ ...filter, ...(state === "all" ? {} : { state }), limit: most, ...(after === undefined ? {} : { after }) });
    after = page.at(-1);
    if (after === undefined) break;
    found.push(...page.filter((entry) => position === undefined || entry.position === position));
  }
  return found.slice(0, limit);
}

/** The one that is meant; throws `DEAD_LETTER_UNKNOWN` when there is none, `USAGE_INVALID` when it could be several. */
export async function findOne(operator: OperatorAccess, choice: Choice): Promise<ParkedEntry> {
  if (Object.keys(choice).length === 0) throw usage("Say which one: --group, --tenant, --key and --position, as far as needed.");
  const found = await find(operator, choice, "all", 11);
  const [one, ...others] = found;
  if (one === undefined) {
    const message = `Nothing is parked under ${wordsOf(choice)}: \`evenkeel dead-letters list --state all\` shows what is.`;
    throw new EvenkeelError("DEAD_LETTER_UNKNOWN", message, { details: { ...choice } });
  }
  if (others.length === 0) return one;
  const few = found.slice(0, 10).map((entry) => `\n  ${optionsFor(entry)}`).join("");
  const [count, more] = found.length > 10 ? ["more than 10", "\n  …"] : [String(found.length), ""];
  throw usage(`${wordsOf(choice)} fits ${count} of them:${few}${more}`);
}

/** The options that name one dead letter, to be typed again. */
export function optionsFor(entry: ParkedEntry): string {
  return `--group ${entry.group} --tenant ${quoted(entry.tenant)} --key ${quoted(entry.key)} --position ${String(entry.position)}`;
}

export function quoted(word: string): string {
  return /^[\w.:/@%+,=][\w.:/@%+,=-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function wordsOf(choice: Choice): string {
  return Object.entries(choice).map(([name, value]) => `--${name} ${quoted(String(value))}`).join(" ");
}
