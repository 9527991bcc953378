// Which calls an operator means: reads the filter options, and insists on exactly one where an action is for one.
import { EvenkeelError } from "@evenkeel/core";
import type { CallEntry, CallFilter } from "@evenkeel/core/spi";
import type { OperatorAccess } from "@evenkeel/postgres";
import type { Arguments, OptionSpecs } from "./arguments.ts";
import { checkGroup, quoted } from "./dead-letter-choice.ts";
import { usage } from "./errors.ts";

export const CALL_OPTIONS: OptionSpecs = {
  id: { value: "ID", help: "only the call of this id" },
  group: { value: "NAME", help: "only of this service" },
  tenant: { value: "NAME", help: "only of this tenant" },
  port: { value: "NAME", help: "only of this port" },
  operation: { value: "PORT.NAME", help: "only of this operation" },
  key: { value: "KEY", help: "only of this business key" },
};

type CallChoice = Pick<CallFilter, "id" | "group" | "tenant" | "port" | "operation" | "key">;

/** Throws `USAGE_INVALID` for a group that the log does not know. */
export function callChoiceOf(given: Arguments, groups: readonly string[]): CallChoice {
  checkGroup(given.text("group"), groups);
  const names = ["id", "group", "tenant", "port", "operation", "key"] as const;
  return Object.fromEntries(names.flatMap((name) => {
    const value = given.text(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** The one that is meant; throws `CALL_NOT_FOUND` when there is none, `USAGE_INVALID` when it could be several. */
export async function findOneCall(operator: OperatorAccess, choice: CallChoice): Promise<CallEntry> {
  if (Object.keys(choice).length === 0) throw usage("Say which one: --id, or --group, --tenant, --operation and --key, as far as needed.");
  const found = await operator.listCalls({ ...choice, limit: 11 });
  const [one, ...others] = found;
  if (one === undefined) {
    const message = `No live call fits ${wordsOf(choice)}: it may have ended. \`evenkeel calls list --state any\` shows those that live.`;
    throw new EvenkeelError("CALL_NOT_FOUND", message, { details: { ...choice } });
  }
  if (others.length === 0) return one;
  const few = found.slice(0, 10).map((entry) => `\n  --id ${entry.id} (${entry.operation}, key ${quoted(entry.callKey)}, ${entry.state})`).join("");
  const [count, more] = found.length > 10 ? ["more than 10", "\n  …"] : [String(found.length), ""];
  throw usage(`${wordsOf(choice)} fits ${count} of them:${few}${more}`);
}

function wordsOf(choice: CallChoice): string {
  return Object.entries(choice).map(([name, value]) => `--${name} ${quoted(value)}`).join(" ");
}
