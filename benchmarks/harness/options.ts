// The command line of the benchmarks: every option, its default and the help text. It starts nothing.
import { parseArgs } from "node:util";
import { questionNames } from "./contract.ts";
import type { QuestionName } from "./contract.ts";

export const contestantNames = ["evenkeel", "least-sql", "graphile-worker", "pg-boss"] as const;

export interface Options {
  readonly only: readonly QuestionName[];
  readonly contestants: readonly string[];
  readonly rounds: number;
  readonly jobs: number;
  readonly events: number;
  readonly fanoutEvents: number;
  readonly keys: number;
  readonly appenders: number;
  readonly appendBatch: number;
  readonly samples: number;
  readonly inFlight: number;
  readonly capMs: number;
  readonly pollMs: number;
  readonly skipKill: boolean;
  readonly database: string | undefined;
  readonly folder: string;
  readonly json: boolean;
}

export const help = `node benchmarks/run.mjs [options]

  --only drain,fold         questions to ask (default: all): ${questionNames.join(", ")}
  --contestants a,b         who takes part (default: all): ${contestantNames.join(", ")} ("least" is short for least-sql)
  --rounds 3                rounds per question; contestants take turns within a round, medians are printed
  --jobs 500000             drain, together: messages
  --events 500000           fold: events
  --fanout-events 200000    fanout: events, each handled by 5 groups
  --keys 1000               fold: keys
  --appenders 10            fold: concurrent appenders
  --append-batch 100        fold: events per append, each append its own commit
  --samples 300             latency: samples per mode
  --in-flight 500           kill: messages in flight
  --cap-ms 60000            kill: give up after this long and print "> 60 s"
  --poll-ms 500             latency behind the pooler: the poll of all contestants (pg-boss takes nothing below 500)
  --skip-kill               print the kill rows as skipped
  --database URL            use this server (a superuser who may create databases) instead of a throwaway cluster
  --folder /var/tmp         where the throwaway cluster lives; must be a real disk
  --json                    one JSON object as the last line of stdout
  --help

Progress goes to stderr. EVENKEEL_NODE names another Node binary for Evenkeel's processes alone.
`;

export function parseOptions(argv: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string" },
      contestants: { type: "string" },
      rounds: { type: "string" },
      jobs: { type: "string" },
      events: { type: "string" },
      "fanout-events": { type: "string" },
      keys: { type: "string" },
      appenders: { type: "string" },
      "append-batch": { type: "string" },
      samples: { type: "string" },
      "in-flight": { type: "string" },
      "cap-ms": { type: "string" },
      "poll-ms": { type: "string" },
      "skip-kill": { type: "boolean" },
      database: { type: "string" },
      folder: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return "help";
  return {
    only: values.only === undefined ? questionNames : list(values.only).map(toQuestion),
    contestants: values.contestants === undefined ? contestantNames : list(values.contestants).map(toContestant),
    rounds: positive("--rounds", values.rounds, 3),
    jobs: positive("--jobs", values.jobs, 500_000),
    events: positive("--events", values.events, 500_000),
    fanoutEvents: positive("--fanout-events", values["fanout-events"], 200_000),
    keys: positive("--keys", values.keys, 1_000),
    appenders: positive("--appenders", values.appenders, 10),
    appendBatch: positive("--append-batch", values["append-batch"], 100),
    samples: positive("--samples", values.samples, 300),
    inFlight: positive("--in-flight", values["in-flight"], 500),
    capMs: positive("--cap-ms", values["cap-ms"], 60_000),
    pollMs: positive("--poll-ms", values["poll-ms"], 500),
    skipKill: values["skip-kill"] === true,
    database: values.database,
    folder: values.folder ?? "/var/tmp",
    json: values.json === true,
  };
}

const list = (text: string): string[] =>
  text
    .split(",")
    .map((s) => s.trim())
    .filter((s) => s !== "");

function toQuestion(name: string): QuestionName {
  const found = questionNames.find((q) => q === name);
  if (found === undefined) throw new Error(`--only: there is no question "${name}"; there are ${questionNames.join(", ")}`);
  return found;
}

function toContestant(name: string): string {
  const found = contestantNames.find((c) => c === name || (name === "least" && c === "least-sql"));
  if (found === undefined) throw new Error(`--contestants: there is no "${name}"; there are ${contestantNames.join(", ")}`);
  return found;
}

function positive(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text.replaceAll("_", ""));
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option}: expected a whole number above 0, got "${text}"`);
  return value;
}
