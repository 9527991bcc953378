// The command line of the benchmarks: every option, its default and the help text. It starts nothing.
import { parseArgs } from "node:util";
import { aloneNames, comparedNames, otherNames, questionNames } from "./contract.ts";
import type { QuestionName } from "./contract.ts";

/** Asked where neither the command line nor the question names others. */
export const queueNames = ["evenkeel", "least-sql", "least-sql-rows", "graphile-worker", "pg-boss"] as const;
/** Asked about workflows alone, beside two of the queues. */
export const workflowNames = ["dbos", "openworkflow", "bullmq"] as const;
const contestantNames = [...queueNames, "cockatiel", "opossum", "no-policy", ...workflowNames] as const;

export interface Options {
  readonly only: readonly QuestionName[];
  readonly contestants: readonly string[] | undefined;
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
  readonly minutes: number;
  readonly minuteSeconds: number;
  readonly probe: number;
  readonly rate: number | undefined;
  readonly hotOrders: number;
  readonly workers: number;
  readonly hotInFlight: number;
  readonly orders: string | undefined;
  readonly limit: number | undefined;
  readonly committers: number;
  readonly seconds: number;
  readonly partitions: number;
  readonly calls: number;
  readonly runs: number;
  readonly openRuns: number;
  readonly killAt: number | undefined;
  readonly sleeping: number;
  readonly waking: number;
  readonly database: string | undefined;
  readonly folder: string;
  readonly json: boolean;
}

export const help = `node benchmarks/run.mjs [options]

  --only drain,fold         questions to ask; by default ${comparedNames.join(", ")};
                            only by name, about Evenkeel alone: ${aloneNames.join(", ")}; of other peers: ${otherNames.join(", ")}
  --contestants a,b         who takes part (default: all who answer the question): ${contestantNames.join(", ")}
                            ("least" is short for least-sql)
  --rounds 3                rounds per question; contestants take turns within a round, medians are printed
  --jobs 500000             drain, together: messages
  --events 500000           fold: events
  --fanout-events 200000    fanout: events, each handled by 5 groups
  --keys 1000               fold: keys
  --appenders 10            fold: concurrent appenders
  --append-batch 100        fold: events per append, each append its own commit
  --samples 300             latency: samples per mode
  --in-flight 500           kill, workflowkill: messages, runs in flight
  --cap-ms 60000            kill, workflowkill: give up after this long and print "> 60 s"
  --poll-ms 500             latency behind the pooler: the poll of all contestants (pg-boss takes nothing below 500)
  --skip-kill               print the kill rows as skipped
  --minutes 10              pinned: minutes under the old snapshot, for each of two legs
  --minute-seconds 60       pinned: how long a minute is; less only to try it
  --probe 100000            pinned: messages by which the maximum is measured; the load is 30 % of it
  --rate N                  pinned: messages per second, instead of measuring
  --hot-orders 40000        hotkey: orders
  --workers 4               hotkey: worker processes
  --hot-in-flight 4000      hotkey: orders published and not handled, at most
  --orders FILE             marketplace: an order file instead of the generated sample
  --limit N                 marketplace: the first N orders and returns of that file
  --committers 32           commitdelay: connections that commit at the same time
  --seconds 10              commitdelay: how long each mode is measured
  --partitions 8            commitdelay: partitions of the log
  --calls 1000000           policy: calls, half of them timed singly
  --runs 5000               workflows: runs of the order workflow
  --open-runs 50            workflows: runs that one client keeps open
  --kill-at N               workflowkill: calls of steps after which a worker is killed; by chance if not given
  --sleeping 10000          sleepers: runs that sleep
  --waking 1000             sleepers: runs beside them that wake up at the same moment
  --full                    workflows, sleepers: 50,000 runs, 100,000 sleepers
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
      minutes: { type: "string" },
      "minute-seconds": { type: "string" },
      probe: { type: "string" },
      rate: { type: "string" },
      "hot-orders": { type: "string" },
      workers: { type: "string" },
      "hot-in-flight": { type: "string" },
      orders: { type: "string" },
      limit: { type: "string" },
      committers: { type: "string" },
      seconds: { type: "string" },
      partitions: { type: "string" },
      calls: { type: "string" },
      runs: { type: "string" },
      "open-runs": { type: "string" },
      "kill-at": { type: "string" },
      sleeping: { type: "string" },
      waking: { type: "string" },
      full: { type: "boolean" },
      database: { type: "string" },
      folder: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return "help";
  return {
    only: values.only === undefined ? comparedNames : list(values.only).map(toQuestion),
    contestants: values.contestants === undefined ? undefined : list(values.contestants).map(toContestant),
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
    minutes: positive("--minutes", values.minutes, 10),
    minuteSeconds: positive("--minute-seconds", values["minute-seconds"], 60),
    probe: positive("--probe", values.probe, 100_000),
    rate: values.rate === undefined ? undefined : positive("--rate", values.rate, 0),
    hotOrders: positive("--hot-orders", values["hot-orders"], 40_000),
    workers: positive("--workers", values.workers, 4),
    hotInFlight: positive("--hot-in-flight", values["hot-in-flight"], 4_000),
    orders: values.orders,
    limit: values.limit === undefined ? undefined : positive("--limit", values.limit, 0),
    committers: positive("--committers", values.committers, 32),
    seconds: positive("--seconds", values.seconds, 10),
    partitions: positive("--partitions", values.partitions, 8),
    calls: positive("--calls", values.calls, 1_000_000),
    runs: positive("--runs", values.runs, values.full === true ? 50_000 : 5_000),
    openRuns: positive("--open-runs", values["open-runs"], 50),
    killAt: values["kill-at"] === undefined ? undefined : positive("--kill-at", values["kill-at"], 0),
    waking: positive("--waking", values.waking, 1_000),
    sleeping: positive("--sleeping", values.sleeping, values.full === true ? 100_000 : 10_000),
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
