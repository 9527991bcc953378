// Does it stay as it is while somebody holds an old snapshot?
//
// A mixed load (every message changes a document, every tenth makes a call, every tenth sets a timer) runs at 30 % of a measured
// maximum, while a REPEATABLE READ session that made one SELECT stays open: nothing that was deleted or updated since can be
// cleaned up by vacuum. Retention is two minutes and segments are short, so that segments are dropped and spent rows rotate
// many times. First leg: the session has not read the log. Second leg: it has, so no segment can go; what counts there is that
// nobody waits.
//
// Per minute: the 99th percentile from the time a message was meant for (not from when its publish got its turn) to after the
// commit of its handler, CPU per message of our processes and the database, and for each kind of table the largest size seen
// in that minute, asked every second: a table that rotates is small right after, so that single looks would compare phases.
//
// The bars: of p99 and CPU per message the last minute at most 1.2 times the first one's; log, progress, calls and timers in
// the last minute at most twice their size in the third. Documents and the door are reported: a document's old versions stay
// under the snapshot whoever stores it, and the door remembers for its own retention. The second leg has no bar for sizes.
//
// Traps: a warm-up of a third of a minute comes before the first minute, or the compiler's work would count. The load is sent by
// the clock and never waits for answers, so a stall shows as latency of every message behind it. The session's snapshot
// holds back the whole database, system tables too. Autovacuum runs and is counted. The two clocks' error is subtracted.
import pg from "pg";
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import { now } from "../harness/clock.ts";
import type { Json } from "../harness/json.ts";
import type { Child } from "../harness/child.ts";
import type { Context, PinnedPlan, PinnedTask } from "../harness/contract.ts";
import type { Link, Question, Round, Sample } from "../harness/question.ts";

const share = 0.3;
const legs = [
  { mode: "the session has not read the log", onLog: false },
  { mode: "the session has read the log", onLog: true },
] as const;
const barred = ["log", "progress", "call", "timer"];

interface Minute {
  readonly p99: number;
  readonly max: number;
  readonly cpu: number | null;
  readonly ownCpu: number | null;
  readonly statements: number | null;
  readonly handled: number;
  readonly maxPublishMs: number;
  readonly sizes: Readonly<Record<string, number>>;
}

export const pinned: Question = {
  name: "pinned",
  asks: (o) =>
    `a mixed load at ${o.rate === undefined ? "30 % of the maximum" : `${o.rate} messages/s`} for ${o.minutes} minutes` +
    `${o.minuteSeconds === 60 ? "" : ` of ${o.minuteSeconds} s (a trial)`} under an old snapshot; first minute against last`,
  headline: { figure: "p99Ratio", better: "lower" },
  traits: (c) => c.pinned?.traits ?? null,

  async round(r) {
    const rate = r.options.rate ?? Math.max(20, Math.round((await maximum(r)) * share));
    const samples: Sample[] = [];
    for (const leg of legs) samples.push(await oneLeg(r, leg.mode, leg.onLog, rate));
    return samples;
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.pinned, "pinned");
    if (role === "prepare") {
      await task.prepare(context, planAt(params));
      link.result({});
    } else if (role === "session") await hold(task, context, params, link);
    else if (role === "sizes") await tellSizes(task, context, link);
    else if (role === "load") await load(task, context, params, link);
    else await work(task, context, params, link);
  },
};

// --- the harness's side ------------------------------------------------------------------------------------------------------

/** Published and worked at the same time, at full speed. */
async function maximum(r: Round): Promise<number> {
  const count = r.options.probe;
  const plan = { logMs: 3_600_000, rotateRows: 100_000, segmentLength: 1_000_000 };
  await r.call("prepare", plan);
  await r.settle();
  const worker = r.start("work", { ...plan, count });
  const loading = r.start("load", { ...plan, count, rate: 0 });
  await Promise.all([worker.next("ready"), loading.next("ready")]);
  worker.send({ kind: "go" });
  await worker.next("working");
  const start = now();
  loading.send({ kind: "go" });
  await worker.next("all-handled");
  const seconds = (now() - start) / 1_000;
  await Promise.all([end(worker), end(loading)]);
  await r.freshDatabase();
  return count / seconds;
}

async function oneLeg(r: Round, mode: string, onLog: boolean, rate: number): Promise<Sample> {
  const { minutes, minuteSeconds } = r.options;
  const minuteMs = minuteSeconds * 1_000;
  // A segment each third of a minute, and a rotation of calls and of timers in each minute; progress rotates more often.
  const third = Math.ceil((rate * minuteSeconds) / 3);
  const plan: PinnedPlan = {
    logMs: 2 * minuteMs,
    rotateRows: Math.max(100, Math.ceil((rate * minuteSeconds * 0.75) / 10)),
    segmentLength: Math.max(1_000, Math.ceil(third * 1.2)),
  };
  await r.freshDatabase();
  await r.call("prepare", { ...plan });
  await r.settle();
  const session = r.start("session", { onLog });
  const sizes = r.start("sizes");
  await Promise.all([session.next("ready"), sizes.next("ready")]);
  const worker = r.start("work", { ...plan, count: 0 });
  const loading = r.start("load", { ...plan, count: 0, rate });
  const [one, other] = await Promise.all([worker.next("ready"), loading.next("ready")]);
  const clockErrorMs = numberAt(one, "clockBase") - numberAt(other, "clockBase");
  worker.send({ kind: "go" });
  await worker.next("working");
  loading.send({ kind: "go" });
  await sleep(minuteMs / 3);
  const children = [worker, loading];
  const told: Minute[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    await Promise.all(children.map((child) => ask(child, "minute")));
    await r.startMeter();
    const until = now() + minuteMs;
    const peak: Record<string, number> = {};
    while (now() < until) {
      for (const [kind, bytes] of Object.entries(await ask(sizes, "size"))) {
        if (typeof bytes === "number") peak[kind] = Math.max(peak[kind] ?? 0, bytes);
      }
      await sleep(Math.max(0, Math.min(1_000, until - now())));
    }
    const [worked, loaded] = await Promise.all(children.map((child) => ask(child, "minute")));
    if (worked === undefined || loaded === undefined) throw new Error("a process did not answer");
    const handled = numberAt(worked, "handled");
    const meter = await r.readMeter(Math.max(1, handled), [worked, loaded]);
    told.push({
      p99: numberAt(worked, "p99") - clockErrorMs,
      max: numberAt(worked, "max") - clockErrorMs,
      cpu: meter["cpuMicrosPerItem"] ?? null,
      ownCpu: meter["ownCpuMicrosPerItem"] ?? null,
      statements: meter["statementsPerItem"] ?? null,
      handled,
      maxPublishMs: numberAt(loaded, "maxPublishMs"),
      sizes: peak,
    });
  }
  await Promise.all([end(worker), end(loading), end(session), end(sizes)]);
  return sampleOf(mode, onLog, rate, plan, told);
}

function sampleOf(mode: string, onLog: boolean, rate: number, plan: PinnedPlan, told: readonly Minute[]): Sample {
  const first = told[0];
  const last = told.at(-1);
  const third = told[Math.min(2, told.length - 1)];
  if (first === undefined || last === undefined || third === undefined) throw new Error("no minute was measured");
  const ratios = Object.fromEntries(
    Object.keys(last.sizes).map((kind) => [`${kind}Growth`, (last.sizes[kind] ?? 0) / (third.sizes[kind] ?? Number.NaN)]),
  );
  const p99Ratio = last.p99 / first.p99;
  const cpuRatio = first.cpu === null || last.cpu === null ? null : last.cpu / first.cpu;
  const missed = [
    ...(p99Ratio > 1.2 ? ["p99"] : []),
    ...(cpuRatio !== null && cpuRatio > 1.2 ? ["CPU"] : []),
    ...(onLog ? [] : barred.filter((kind) => (ratios[`${kind}Growth`] ?? 0) > 2)),
  ];
  const mb = (sizes: Readonly<Record<string, number>>): string =>
    Object.entries(sizes)
      .map(([kind, bytes]) => `${kind} ${(bytes / 2 ** 20).toFixed(1)}`)
      .join(" ");
  return {
    mode,
    figures: {
      ratePerSecond: rate,
      p99Ratio,
      cpuRatio,
      p99FirstMs: first.p99,
      p99LastMs: last.p99,
      cpuMicrosFirst: first.cpu,
      cpuMicrosLast: last.cpu,
      maxMs: Math.max(...told.map((m) => m.max)),
      maxPublishMs: Math.max(...told.map((m) => m.maxPublishMs)),
      ...ratios,
    },
    remarks: [
      missed.length === 0 ? "every bar held" : `BARS MISSED: ${missed.join(", ")}`,
      `retention ${plan.logMs / 1_000} s, segments of ${plan.segmentLength}, rotation at ${plan.rotateRows} rows`,
      ...told.map(
        (m, i) =>
          `\n                 minute ${i + 1}: ${m.handled} handled, p99 ${m.p99.toFixed(1)} ms, max ${m.max.toFixed(0)} ms, ` +
          `CPU ${m.cpu?.toFixed(0) ?? "unknown"} us a message (${m.ownCpu?.toFixed(0) ?? "unknown"} ours), ` +
          `${m.statements?.toFixed(2) ?? "unknown"} statements, longest publish ${m.maxPublishMs.toFixed(0)} ms, ` +
          `MiB: ${mb(m.sizes)}`,
      ),
    ],
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function ask(child: Child, word: string): Promise<Json> {
  child.send({ kind: word });
  return child.next(word);
}

async function end(child: Child): Promise<void> {
  child.send({ kind: "stop" });
  await child.ended();
}

// --- the contestant's side ---------------------------------------------------------------------------------------------------

const planAt = (params: Json): PinnedPlan => ({
  logMs: numberAt(params, "logMs"),
  rotateRows: numberAt(params, "rotateRows"),
  segmentLength: numberAt(params, "segmentLength"),
});

async function hold(task: PinnedTask, context: Context, params: Json, link: Link): Promise<void> {
  const client = new pg.Client(context.url);
  await client.connect();
  await client.query("begin isolation level repeatable read");
  await client.query(params["onLog"] === true ? task.readLog : "select count(*) from pg_class");
  link.say("ready");
  await link.hear("stop");
  await client.query("rollback");
  await client.end();
}

async function tellSizes(task: PinnedTask, context: Context, link: Link): Promise<void> {
  const sizes = await task.sizes(context);
  link.say("ready");
  await answerEach(link, "size", () => sizes.read());
  await sizes.close();
}

/** Answers a word as often as it is said, until told to stop. */
async function answerEach(link: Link, word: string, answer: () => Json | Promise<Json>): Promise<void> {
  const stop = link.hear("stop");
  for (;;) {
    const said = await Promise.race([link.hear(word).then(() => true), stop.then(() => false)]);
    if (!said) return;
    link.say(word, await answer());
  }
}

async function load(task: PinnedTask, context: Context, params: Json, link: Link): Promise<void> {
  const [count, rate] = [numberAt(params, "count"), numberAt(params, "rate")];
  const publisher = await task.publisher(context, planAt(params));
  await link.go();
  let stopped = false;
  const usage = usageSince();
  let maxPublishMs = 0;
  const underWay = new Set<Promise<void>>();
  const send = async (first: number, size: number): Promise<void> => {
    const at = now();
    await publisher.publish({ first, count: size }, at);
    maxPublishMs = Math.max(maxPublishMs, now() - at);
  };
  const loading = (async () => {
    if (rate === 0) {
      for (let first = 0; first < count; first += 500) await send(first, Math.min(500, count - first));
      return;
    }
    const start = now();
    for (let sent = 0; !stopped; ) {
      const due = Math.floor(((now() - start) / 1_000) * rate);
      if (due > sent) {
        const sending = send(sent, due - sent).finally(() => underWay.delete(sending));
        underWay.add(sending);
        sent = due;
      }
      await sleep(10);
    }
  })();
  await answerEach(link, "minute", () => {
    const told = { ...usage(), maxPublishMs };
    maxPublishMs = 0;
    return told;
  });
  stopped = true;
  await loading;
  await Promise.all(underWay);
  await publisher.close();
}

async function work(task: PinnedTask, context: Context, params: Json, link: Link): Promise<void> {
  const count = numberAt(params, "count");
  await link.go();
  const usage = usageSince();
  let times: number[] = [];
  let total = 0;
  const running = await task.work(context, planAt(params), (at) => {
    times.push(now() - at);
    if (++total === count) link.say("all-handled");
  });
  link.say("working");
  await answerEach(link, "minute", () => {
    const sorted = Float64Array.from(times).sort();
    times = [];
    const handled = sorted.length;
    return { ...usage(), handled, p99: sorted[Math.min(handled - 1, Math.floor(handled * 0.99))] ?? 0, max: sorted[handled - 1] ?? 0 };
  });
  await running.stop();
}

/** CPU of this process since the last call, and its peak memory. */
function usageSince(): () => { cpuMicros: number; peakRssKb: number } {
  let before = process.cpuUsage();
  return () => {
    const spent = process.cpuUsage(before);
    before = process.cpuUsage();
    return { cpuMicros: spent.user + spent.system, peakRssKb: process.resourceUsage().maxRSS };
  };
}

