// What does a durable workflow cost?
//
// "order": a workflow of three steps, two that can be undone and a pivot, each an asynchronous call that does nothing; the result of each
// is durable before the next begins. One process is client and worker: its client keeps so many runs open, and starts another when it
// has seen the end of one. The clock of a run begins when the client asks for it (`p50Ms`), or when its start is durable
// (`p50PublishedMs`), and ends when the client has seen that its end is durable. Afterwards the tables must say that all have completed.
//
// Traps: a closed loop: whoever tells of the end late is asked for less. How a client sees the end stands in each row; a poll's interval
// is part of the latency.
import { readFileSync } from "node:fs";
import { workflowNames } from "../harness/options.ts";
import { startRedis } from "../harness/redis.ts";
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import type { Json } from "../harness/json.ts";
import type { RedisServer } from "../harness/redis.ts";
import type { WorkflowTask } from "../harness/contract.ts";
import type { Question, Round, Sample } from "../harness/question.ts";

export const workflows: Question = {
  name: "workflows",
  asks: (o) => `${o.runs} runs of a workflow of three steps, ${o.openRuns} open at a time`,
  headline: { figure: "runsPerSecond", better: "higher" },
  contestants: ["evenkeel", "pg-boss", "graphile-worker", ...workflowNames],
  traits: (c) => c.workflows?.traits ?? null,

  async round(r) {
    if (need(r.contestant.workflows, "workflows").store !== "redis") return [await order(r, null)];
    const redis = await startRedis(r.options.folder);
    if ("absent" in redis) return [{ mode: "order", figures: {}, instead: `absent: ${redis.absent}` }];
    try {
      return [await order(r, redis)];
    } finally {
      await redis.stop();
    }
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.workflows, "workflows");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
      return;
    }
    if (role === "completed") {
      link.result({ completed: await task.completed(context) });
      return;
    }
    const [count, open, warm] = [numberAt(params, "count"), numberAt(params, "open"), numberAt(params, "warm")];
    const running = await task.open(context, () => Promise.resolve());
    const started = new Float64Array(count);
    const published = new Float64Array(count);
    const ended = new Float64Array(count);
    let next = 0;
    const client = async (name: string, upto: number): Promise<void> => {
      while (next < upto) {
        const n = next++;
        started[n] = performance.now();
        const run = running.run(`${name}-${n}`);
        void run.published.then(() => { published[n] = performance.now(); });
        await run.ended;
        ended[n] = performance.now();
      }
    };
    const all = (name: string, upto: number): Promise<unknown> => Promise.all(Array.from({ length: open }, () => client(name, upto)));
    await all("warm", Math.min(warm, count));
    next = 0;
    await link.go();
    const start = performance.now();
    await all("run", count);
    const seconds = (performance.now() - start) / 1_000;
    const whole = percentiles(ended.map((at, n) => at - (started[n] ?? 0)));
    const after = percentiles(ended.map((at, n) => at - (published[n] ?? 0)));
    link.result({ seconds, p50Ms: whole.p50, p99Ms: whole.p99, maxMs: whole.max, p50PublishedMs: after.p50, p99PublishedMs: after.p99 });
    await link.hear("stop");
    await running.stop();
    link.say("stopped");
  },
};

async function order(r: Round, redis: RedisServer | null): Promise<Sample> {
  const { runs: count, openRuns: open } = r.options;
  // Compiles the code and fills caches; whoever is slow at starting is not asked about it here.
  const warm = Math.min(1_000, Math.ceil(count / 5));
  const where = redis === null ? {} : { url: redis.socket };
  const call = async (role: string): Promise<Json> => {
    const child = r.start(role, {}, where);
    const result = await child.next("result");
    await child.ended();
    return result;
  };
  await call("prepare");
  await r.settle();
  const worker = r.start("order", { count, open, warm }, where);
  await worker.next("ready");
  await r.startMeter();
  const before = redis?.cpuMicros() ?? 0;
  worker.send({ kind: "go" });
  const result = await worker.next("result");
  const read = await r.readMeter(count, [result]);
  const meter = redis === null ? read : withRedis(read, (redis.cpuMicros() - before) / count);
  worker.send({ kind: "stop" });
  await worker.next("stopped");
  await worker.ended();
  const completed = numberAt(await call("completed"), "completed");
  if (completed !== count + warm) throw new Error(`${count + warm} runs were started, and ${completed} have completed`);
  const seconds = numberAt(result, "seconds");
  const times = Object.fromEntries(["p50Ms", "p99Ms", "maxMs", "p50PublishedMs", "p99PublishedMs"].map((name) => [name, numberAt(result, name)]));
  return {
    mode: "order",
    figures: { runsPerSecond: count / seconds, ...times, ...meter, definitionLines: linesOf(need(r.contestant.workflows, "workflows")) },
  };
}

/** PostgreSQL stands idle then. */
function withRedis(meter: Readonly<Record<string, number | null>>, redisMicros: number): Readonly<Record<string, number | null>> {
  return {
    ...meter, statementsPerItem: null,
    databaseCpuMicrosPerItem: redisMicros, cpuMicrosPerItem: (meter["ownCpuMicrosPerItem"] ?? 0) + redisMicros,
  };
}

function percentiles(times: Float64Array): { readonly p50: number; readonly p99: number; readonly max: number } {
  const sorted = times.toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Lines of the definition that are not empty. */
function linesOf({ definition }: WorkflowTask): number {
  const text = readFileSync(definition, "utf8");
  const [, after] = text.split("// definition begins\n");
  const [body] = (after ?? "").split(/^\s*\/\/ definition ends$/mu);
  const lines = (body ?? "").split("\n").filter((line) => line.trim() !== "").length;
  if (lines === 0) throw new Error(`no definition was found in ${definition.pathname}`);
  return lines;
}
