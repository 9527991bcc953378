// Which recorded runs are meant: by workflow, tenant, id and status; and how they come out of a database. Reads only.
import { runsOf, checkHistory, type RunHistory } from "@evenkeel/core/engine";
import type { OperatorAccess } from "@evenkeel/postgres";
import type { Arguments, OptionSpecs } from "./arguments.ts";
import { usage } from "./errors.ts";
import { didYouMean } from "./nearest.ts";

const OPEN = ["running", "compensating", "attention"];
const ENDED = ["completed", "compensated", "cancelled"];
const STATUSES = [...OPEN, ...ENDED, "open", "ended"];
const LIMIT = 1_000;

export const RUN_OPTIONS: OptionSpecs = {
  workflow: { value: "NAME", help: "only runs of this workflow" },
  tenant: { value: "NAME", help: "only of this tenant" },
  id: { value: "ID", help: "only the run of this id" },
  status: { value: "STATUS,…", help: `only of these: ${[...OPEN, ...ENDED].join(", ")}, open (the first three) or ended; default all` },
  limit: { value: "N", help: `how many of each workflow at most, by tenant and id; default ${String(LIMIT)}` },
};

interface RunChoice {
  readonly tenant?: string;
  readonly id?: string;
  readonly statuses: readonly string[];
  readonly limit: number;
}

/** Throws `USAGE_INVALID` for a status that is none. */
export function runChoiceOf(given: Arguments): RunChoice {
  const [tenant, id] = [given.text("tenant"), given.text("id")];
  const statuses = (given.text("status") ?? "open,ended").split(",").flatMap((word) => {
    if (word === "open") return OPEN;
    if (word === "ended") return ENDED;
    if (OPEN.includes(word) || ENDED.includes(word)) return [word];
    throw usage(`--status has '${word}', which is none of ${STATUSES.join(", ")}.${didYouMean(word, STATUSES)}`);
  });
  const limit = given.whole("limit", 1, 1_000_000) ?? LIMIT;
  return { ...(tenant === undefined ? {} : { tenant }), ...(id === undefined ? {} : { id }), statuses, limit };
}

/** The runs of one workflow that fit, as recorded. @param reached told when there may be more than the limit. */
export async function* recordedRuns(
  operator: OperatorAccess, workflow: string, { limit, ...filter }: RunChoice, reached: () => void,
): AsyncGenerator<RunHistory, void, undefined> {
  let count = 0;
  for await (const { tenant, id, body } of operator.runs({ entity: runsOf(workflow), ...filter })) {
    if (count === limit) {
      reached();
      return;
    }
    const run: unknown = JSON.parse(body);
    yield checkHistory({ workflow, tenant, id, run }, ++count);
  }
}
