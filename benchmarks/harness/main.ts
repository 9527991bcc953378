// Runs the questions: a server, fresh databases, rounds in which contestants take turns, rows. Figures come from the
// questions, facts from machine.ts; this file decides only the order.
import pg from "pg";
import { givenCluster, startCluster } from "./cluster.ts";
import { launcherOf, startChild } from "./child.ts";
import { loadContestant } from "./load.ts";
import { openMeter } from "./meter.ts";
import { help, parseOptions, queueNames } from "./options.ts";
import { numberAt } from "./json.ts";
import { readFacts, versionOf } from "./machine.ts";
import { rowsOf, textOf } from "./report.ts";
import { startPooler } from "./pooler.ts";
import { questions } from "../questions/all-questions.ts";
import type { ChildJob } from "./child.ts";
import type { Cluster } from "./cluster.ts";
import type { Meter } from "./meter.ts";
import type { Options } from "./options.ts";
import type { Pooler } from "./pooler.ts";
import type { Contestant } from "./contract.ts";
import type { Question, Round, Sample } from "./question.ts";
import type { Entry, Row } from "./report.ts";

const progress = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(help);
    return;
  }
  const cluster = options.database === undefined ? await startCluster(options.folder) : givenCluster(options.database);
  const pooler = await startPooler(cluster);
  const meter = await openMeter(cluster.url("postgres"), cluster.postmasterPid);
  const rows: Row[] = [];
  try {
    const facts = await readFacts(cluster.url("postgres"));
    process.stdout.write(
      `${facts.machine}; PostgreSQL ${facts.postgres}; ${Object.entries(facts.settings)
        .map(([k, v]) => `${k}=${v}`)
        .join(", ")}\n`,
    );
    const present = new Map<string, Contestant | null>();
    for (const question of questions.filter((q) => options.only.includes(q.name))) {
      const names = options.contestants ?? question.contestants ?? queueNames;
      for (const name of names) if (!present.has(name)) present.set(name, await presence(name));
      const asked = new Map(names.map((name) => [name, present.get(name) ?? null]));
      const entries = await ask(question, options, asked, cluster, pooler, meter);
      const fresh = rowsOf(question, options, facts, entries);
      rows.push(...fresh);
      process.stdout.write(textOf(question, options, fresh));
    }
    if (options.json) process.stdout.write(`${JSON.stringify({ facts, options, rows })}\n`);
  } finally {
    await meter.close();
    if ("stop" in pooler) await pooler.stop();
    await cluster.stop();
  }
}

/** Loaded here for its traits; run.mjs starts this process with the condition under which Evenkeel's sources are found. */
async function presence(name: string): Promise<Contestant | null> {
  const contestant = await loadContestant(name);
  if (contestant === null) progress(`${name}: absent (there is no contestants/${name}/index.ts)`);
  return contestant;
}

async function ask(
  question: Question,
  options: Options,
  present: ReadonlyMap<string, Contestant | null>,
  cluster: Cluster,
  pooler: Pooler | { readonly absent: string },
  meter: Meter,
): Promise<readonly Entry[]> {
  const entries = new Map<
    string,
    {
      name: string;
      node: string;
      traits: Entry["traits"];
      instead: string | null;
      rounds: (readonly Sample[])[];
      statementsAre: string;
    }
  >();
  for (const [name, contestant] of present) {
    const traits = contestant === null ? null : question.traits(contestant);
    const instead =
      contestant === null
        ? "absent: no adapter in contestants/"
        : traits === null
          ? "absent: this contestant does not answer this question"
          : null;
    entries.set(name, { name, node: versionOf(launcherOf(name).binary), traits, instead, rounds: [], statementsAre: "" });
  }
  const players = [...present].flatMap(([name, contestant]) =>
    contestant !== null && entries.get(name)?.instead === null ? [{ name, contestant }] : [],
  );
  for (let round = 0; round < options.rounds; round++) {
    // Another one starts each round, so that no one always runs first on a cold server or last on a warm one.
    const turn = players.map((_, i) => players[(i + round) % players.length]).filter((p) => p !== undefined);
    for (const { name, contestant } of turn) {
      const entry = entries.get(name);
      if (entry === undefined) continue;
      progress(`${question.name}: round ${round + 1}/${options.rounds}, ${name}`);
      try {
        const { samples, statementsAre } = await play(question, options, name, contestant, cluster, pooler, meter);
        entry.rounds.push(samples);
        entry.statementsAre = statementsAre;
        for (const s of samples)
          progress(
            `  ${s.mode} ${s.instead ?? ""} ${Object.entries(s.figures)
              .map(([k, v]) => `${k}=${v === null ? "?" : Math.round(v * 100) / 100}`)
              .join(" ")} ${s.remarks?.join("; ") ?? ""}`,
          );
      } catch (error) {
        // A failed round is printed in the row and fails the run in the end; the others go on.
        const text = error instanceof Error ? error.message : String(error);
        progress(`  FAILED: ${text}`);
        entry.rounds.push([{ mode: "", figures: {}, instead: `FAILED: ${text}` }]);
        process.exitCode = 1;
      }
    }
  }
  return [...entries.values()];
}

let databases = 0;

async function play(
  question: Question,
  options: Options,
  name: string,
  contestant: Contestant,
  cluster: Cluster,
  pooler: Pooler | { readonly absent: string },
  meter: Meter,
): Promise<{ samples: readonly Sample[]; statementsAre: string }> {
  let database = "";
  let statementsAre = "";
  const admin = new pg.Client(cluster.url("postgres"));
  await admin.connect();
  const drop = async (): Promise<void> => {
    if (database !== "") await admin.query(`drop database if exists ${database} with (force)`);
  };
  const freshDatabase = async (): Promise<void> => {
    await drop();
    database = `ek_bench_${process.pid}_${++databases}`;
    await admin.query(`create database ${database}`);
  };
  const start: Round["start"] = (role, params = {}, context = {}) => {
    const job: ChildJob = {
      contestant: name,
      question: question.name,
      role,
      context: {
        url: context.url ?? cluster.url(database),
        pooled: context.pooled ?? false,
        pollIntervalMs: options.pollMs,
        concurrency: context.concurrency ?? 1,
        variant: context.variant ?? "",
      },
      params,
    };
    return startChild(job);
  };
  const round: Round = {
    options,
    contestant,
    start,
    async call(role, params) {
      const child = start(role, params);
      const result = await child.next("result");
      await child.ended();
      return result;
    },
    freshDatabase,
    async settle() {
      const client = new pg.Client(cluster.url(database));
      await client.connect();
      await client.query("vacuum analyze");
      await client.query("checkpoint");
      await client.end();
    },
    startMeter: () => meter.start(database),
    async readMeter(items, processes) {
      const read = await meter.read();
      statementsAre = read.statementsAre;
      const own = processes.reduce((sum, p) => sum + numberAt(p, "cpuMicros"), 0);
      const rss = Math.max(...processes.map((p) => numberAt(p, "peakRssKb")));
      return {
        cpuMicrosPerItem: read.cpuMicros === null ? null : (own + read.cpuMicros) / items,
        ownCpuMicrosPerItem: own / items,
        databaseCpuMicrosPerItem: read.cpuMicros === null ? null : read.cpuMicros / items,
        statementsPerItem: read.statements === null ? null : read.statements / items,
        peakRssMb: rss / 1024,
      };
    },
    get pooler() {
      return "absent" in pooler ? pooler : { url: pooler.url(database) };
    },
  };
  try {
    await freshDatabase();
    return { samples: await question.round(round), statementsAre };
  } finally {
    await drop();
    await admin.end();
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
await main();
