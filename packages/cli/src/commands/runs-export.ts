// `evenkeel runs export`: recorded runs of a workflow out of a database, a line of JSON each, for `evenkeel replay` and for tests. It changes nothing.
import type { RunHistory } from "@evenkeel/core/engine";
import type { Command } from "../command.ts";
import { checkGroup } from "../dead-letter-choice.ts";
import { usage } from "../errors.ts";
import { withOperator } from "../open-database.ts";
import { recordedRuns, RUN_OPTIONS, runChoiceOf } from "../run-choice.ts";
import { slimHistory } from "../slim-history.ts";

export const runsExport: Command = {
  name: "runs export",
  summary: "writes recorded runs of a workflow as lines of JSON, for replay",
  positional: "",
  options: {
    ...RUN_OPTIONS,
    workflow: { value: "NAME", help: "whose runs; required" },
    redact: { value: "NAME,…", help: "replaces the values of all members called so by stand-ins" },
  },
  details: [
    "A line holds what a replay needs: input, journal and how the run ended. Messages that wait for a run, those that came astray and the secrets of " +
    "callbacks are left out. Everything else is data of your customers: what must not leave the database is named with --redact.",
    "With --redact, values in the input and in the answers to steps and waits become 'redacted', 0 or false; what failures say, too, and the " +
    "result is left out. Ids, names and keys stay. A function that decides by what was replaced may diverge in a replay.",
    "Runs that had not begun are not written. With --json it is one array.",
  ],
  examples: [
    "evenkeel runs export --workflow checkout --status open > runs.jsonl",
    "evenkeel runs export --workflow checkout --tenant acme --limit 200 --redact email,address > runs.jsonl",
  ],
  run: (invocation) => {
    const { given, around, json } = invocation;
    const workflow = given.text("workflow");
    if (workflow === undefined) throw usage("Say whose runs: --workflow NAME.");
    const choice = runChoiceOf(given);
    const names = (given.text("redact") ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
    return withOperator(invocation, async (operator) => {
      checkGroup(workflow, operator.groups);
      const reached = (): void => { around.err(`These are the first ${String(choice.limit)}: there are more; --limit writes them.\n`); };
      const written: RunHistory[] = [];
      let count = 0;
      for await (const history of recordedRuns(operator, workflow, choice, reached)) {
        const slim = slimHistory(history, names);
        count++;
        if (json) written.push(slim);
        else around.out(`${JSON.stringify(slim)}\n`);
      }
      if (json) around.out(`${JSON.stringify(written, null, 2)}\n`);
      if (count === 0) {
        around.err(`No run of '${workflow}' fits: nothing was written.\n`);
        around.err(`Runs whose first wake failed are dead letters alone: evenkeel dead-letters list --group ${workflow}.\n`);
      }
      return 0;
    });
  },
};
