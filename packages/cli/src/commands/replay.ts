// `evenkeel replay`: recorded runs of workflows, replayed with the code at hand before it is deployed. In memory: it performs nothing and writes
// nothing, and reads a database only where no file is given.
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { AnyWorkflow } from "@evenkeel/core";
import { otherWorkflow, readHistories, readHistory, replayReport, replayRun, type ReplayedRun, type RunHistory } from "@evenkeel/core/engine";
import { show, type Command, type Invocation } from "../command.ts";
import { CliError, usage } from "../errors.ts";
import { loadWorkflows } from "../load-workflows.ts";
import { withOperator } from "../open-database.ts";
import { recordedRuns, RUN_OPTIONS, runChoiceOf } from "../run-choice.ts";

type Workflows = ReadonlyMap<string, AnyWorkflow>;

export const replay: Command = {
  name: "replay",
  summary: "replays recorded runs of workflows with the code at hand, and performs nothing",
  positional: "FILE",
  options: {
    histories: { value: "FILE.jsonl|-", help: "what `evenkeel runs export` wrote; default: the runs of the database, which is only read" },
    strict: { help: "fails also where a run goes on differently after all that its journal says" },
    ...RUN_OPTIONS,
  },
  details: [
    "FILE exports workflows: `export const checkout = workflow(…)`, or a list of services. An ended run is replayed to the end of its journal and must " +
    "end as it did, one under way to where it stands.",
    "same: as recorded. changed: all that is recorded, and then something else, which breaks no run. diverged: the code does not do again what the " +
    "journal says; shown with the difference. broken: it throws or stalls where the run went on. version unknown: the run began with a " +
    "version that the code does not have. The last three fail.",
    "Replaying counterexamples of `evenkeel check` is something else: see `evenkeel check --help`.",
    "TypeScript needs a loader where Node.js does not read it: NODE_OPTIONS=\"--import tsx\" evenkeel replay.",
  ],
  examples: ["evenkeel replay workflows.js --histories runs.jsonl", "evenkeel replay workflows.js --database postgresql://reader@host:5432/shop --status open"],
  run: async (invocation) => {
    const { given, around } = invocation;
    const file = given.text("histories");
    const excess = ["database", "folder", "schema", ...Object.keys(RUN_OPTIONS)].find((name) => given.flag(name));
    if (file !== undefined && excess !== undefined) throw usage(`--histories names the runs, and --${excess} chooses among those of a database: leave one of them out.`);
    const workflows = await loadWorkflows(given.positionals[0] ?? "", around.folder);
    const runs = file === undefined ? await ofDatabase(invocation, workflows) : await ofFile(invocation, file, workflows);
    const { passed, counts, text } = replayReport(runs, given.flag("strict"));
    show(invocation, { passed, counts, runs }, text);
    return passed ? 0 : 1;
  },
};

async function ofFile({ around }: Invocation, file: string, workflows: Workflows): Promise<readonly ReplayedRun[]> {
  const input = file === "-" ? Readable.from(around.input?.() ?? []) : createReadStream(resolve(around.folder, file));
  // An error of the stream must reach whoever awaits its lines.
  const unreadable = new Promise<never>((_resolve, reject) => { input.once("error", reject); });
  unreadable.catch(() => undefined);
  const runs: ReplayedRun[] = [];
  let number = 0;
  const reading = (async () => {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      number++;
      if (line.trim() !== "") runs.push(await replayed(readHistory(line, number), number, workflows));
    }
  })();
  try {
    await Promise.race([reading, unreadable]);
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw usage(`--histories names a file that cannot be read: ${error.message}`);
    throw error;
  }
  // The reader's own error for a file without runs.
  if (runs.length === 0) readHistories("");
  return runs;
}

async function ofDatabase(invocation: Invocation, workflows: Workflows): Promise<readonly ReplayedRun[]> {
  const { given, around } = invocation;
  const choice = runChoiceOf(given);
  const only = given.text("workflow");
  if (only !== undefined && !workflows.has(only)) {
    throw new CliError("WORKFLOWS_MISSING", `The file exports no workflow '${only}': it has '${[...workflows.keys()].join("', '")}'.`);
  }
  return withOperator(invocation, async (operator) => {
    const runs: ReplayedRun[] = [];
    for (const name of only === undefined ? workflows.keys() : [only]) {
      const reached = (): void => { around.err(`These are the first ${String(choice.limit)} runs of '${name}': there are more; --limit replays them.\n`); };
      for await (const history of recordedRuns(operator, name, choice, reached)) runs.push(await replayed(history, runs.length + 1, workflows));
    }
    return runs;
  });
}

async function replayed(history: RunHistory, line: number, workflows: Workflows): Promise<ReplayedRun> {
  const workflow = workflows.get(history.workflow);
  if (workflow === undefined) throw otherWorkflow(history, line, [...workflows.keys()]);
  return replayRun(workflow, history, setImmediate);
}
