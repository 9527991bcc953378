// What do 100,000 sleeping runs of a workflow cost?
//
// Each run sleeps for a month. Memory is what full collections leave (heap) and what the process holds then (RSS), in workers of their own
// process: one on a database without a run, one that has just started all runs (its caches are full), and one that is started when all
// sleep already. Statements are counted at the server while nothing is asked for, without sleepers and with them. At the end a
// thousand more runs sleep until the same moment, among the others; the clock runs from that moment until the tables say that all have ended.
//
// Traps: RSS hardly shrinks once it has grown, so that of the second worker says what the starting took. The cache of documents is bounded by
// a setting, whatever sleeps.
import { collected } from "../harness/collected.ts";
import { numberAt } from "../harness/json.ts";
import { need } from "../harness/question.ts";
import type { Child } from "../harness/child.ts";
import type { Json } from "../harness/json.ts";
import type { Question, Round, Sample } from "../harness/question.ts";

const MONTH_MS = 30 * 24 * 3_600_000;
/** From the start of the last of them until they wake up: they must be asleep by then. */
const wakeInMs = 8_000;
const settleMs = 3_000;
const countedMs = 10_000;
const untilAsleepMs = 300_000;

export const sleepers: Question = {
  name: "sleepers",
  asks: (o) => `${o.sleeping} runs of a workflow that sleep, and ${o.waking} that wake up together among them`,
  headline: { figure: "restartedHeapGrowthMb", better: "lower" },
  contestants: ["evenkeel"],
  traits: (c) => c.sleepers?.traits ?? null,
  round: async (r) => [await asleep(r)],

  async play(role, contestant, context, params, link) {
    const task = need(contestant.sleepers, "sleepers");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
      return;
    }
    if (role === "look") {
      const looking = await task.look(context);
      link.say("ready");
      const answer = async (word: "asleep" | "ended", read: () => Promise<number>): Promise<never> => {
        for (;;) {
          await link.hear(word);
          link.say(word, { n: await read() });
        }
      };
      await Promise.all([answer("asleep", () => looking.asleep()), answer("ended", () => looking.ended("soon-"))]);
    }
    const running = await task.open(context);
    await link.go();
    const memory = async (): Promise<void> => {
      const { heapUsed, rss } = await collected();
      link.say("memory", { heapUsed, rss });
    };
    const ids = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}-${n}`);
    void Promise.all([
      (async () => { for (;;) { await link.hear("memory"); await memory(); } })(),
      (async () => {
        await link.hear("load");
        const start = performance.now();
        await running.start(ids("month", numberAt(params, "sleeping")), new Date(Date.now() + MONTH_MS));
        link.say("loaded", { seconds: (performance.now() - start) / 1_000 });
      })(),
      (async () => {
        await link.hear("wake");
        const at = Date.now() + wakeInMs;
        await running.start(ids("soon", numberAt(params, "waking")), new Date(at));
        link.say("waking", { at });
      })(),
    ]);
    await link.hear("stop");
    await running.stop();
    link.result({});
  },
};

async function asleep(r: Round): Promise<Sample> {
  const { sleeping, waking } = r.options;
  await r.call("prepare");
  await r.settle();
  const looking = r.start("look");
  await looking.next("ready");
  const ask = async (word: "asleep" | "ended"): Promise<number> => {
    looking.send({ kind: word });
    return numberAt(await looking.next(word), "n");
  };
  const worker = async (): Promise<Child> => {
    const child = r.start("work", { sleeping, waking });
    await child.next("ready");
    child.send({ kind: "go" });
    return child;
  };
  const memory = async (child: Child): Promise<{ heap: number; rss: number }> => {
    await pause(settleMs);
    child.send({ kind: "memory" });
    const said = await child.next("memory");
    return { heap: numberAt(said, "heapUsed") / 2 ** 20, rss: numberAt(said, "rss") / 2 ** 20 };
  };
  const stop = async (child: Child): Promise<Json> => {
    child.send({ kind: "stop" });
    const result = await child.next("result");
    await child.ended();
    return result;
  };
  const statements = async (): Promise<number | null> => {
    await r.startMeter();
    await pause(countedMs);
    const read = await r.readMeter(countedMs / 1_000, [{ cpuMicros: 0, peakRssKb: 0 }]);
    return read["statementsPerItem"] ?? null;
  };

  const first = await worker();
  const empty = await memory(first);
  const idlePerSecond = await statements();
  await stop(first);

  const second = await worker();
  const before = await memory(second);
  const start = performance.now();
  second.send({ kind: "load" });
  const loaded = await second.next("loaded");
  for (let fallen = 0; fallen < sleeping; await pause(100)) {
    fallen = await ask("asleep");
    if (performance.now() - start > untilAsleepMs) throw new Error(`${fallen} of ${sleeping} runs were asleep after five minutes`);
  }
  const seconds = (performance.now() - start) / 1_000;
  const after = await memory(second);
  await stop(second);
  await r.settle();

  const third = await worker();
  const restarted = await memory(third);
  const asleepPerSecond = await statements();
  third.send({ kind: "wake" });
  const at = numberAt(await third.next("waking"), "at");
  while ((await ask("asleep")) < sleeping + waking) {
    if (Date.now() >= at) throw new Error(`not all of ${waking} runs were asleep at the time at which they were to wake up`);
    await pause(20);
  }
  let firstMs: number | null = null;
  for (;;) {
    const ended = await ask("ended");
    if (ended > 0) firstMs ??= Date.now() - at;
    if (firstMs !== null && firstMs < 0) throw new Error(`a run woke up ${-firstMs} ms before its time`);
    if (ended >= waking) break;
    if (Date.now() - at > r.options.capMs) throw new Error(`${ended} of ${waking} runs have woken up ${r.options.capMs} ms after their time`);
    await pause(10);
  }
  const allMs = Date.now() - at;
  const left = await ask("asleep");
  if (left !== sleeping) throw new Error(`${left} runs sleep on, of ${sleeping}`);
  const result = await stop(third);
  await looking.kill();
  return {
    mode: "",
    figures: {
      restartedHeapGrowthMb: restarted.heap - empty.heap, restartedRssGrowthMb: restarted.rss - empty.rss,
      heapGrowthMb: after.heap - before.heap, rssGrowthMb: after.rss - before.rss, emptyHeapMb: empty.heap, emptyRssMb: empty.rss,
      statementsPerSecondEmpty: idlePerSecond, statementsPerSecondAsleep: asleepPerSecond,
      startedPerSecond: sleeping / numberAt(loaded, "seconds"), asleepAfterSeconds: seconds,
      firstAwakeMs: firstMs, allAwakeMs: allMs, peakRssMb: numberAt(result, "peakRssKb") / 1_024,
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
