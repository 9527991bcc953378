// How long from `publish` to the handler's first line, on an idle system?
//
// Three modes: publisher and worker are two processes; both in one process; two processes behind PgBouncer in transaction
// mode, where nothing can wake the reader and everybody polls in the same rhythm (pg-boss takes no poll below 500 ms, so
// that is the rhythm; the median there is about half of it and says only that nobody does worse).
//
// The time is taken right before `publish` is called and travels in the payload; the handler compares it with the shared
// clock (see harness/clock.ts; the error between the two processes is measured, subtracted and printed as `clockErrorMs`).
//
// Traps: samples are 20 to 50 ms apart, with jitter, so that no one's timer falls in step with them and a batch never
// forms; the pause comes after the commit, not instead of it. The first 20 samples warm up and do not count. An idle
// system is the best case: under load a queue's latency is its backlog. With synchronous commit one fsync is inside.
import { need } from "../harness/question.ts";
import { isObject, numberAt, numbersAt } from "../harness/json.ts";
import { now } from "../harness/clock.ts";
import type { Context, LatencyTask } from "../harness/contract.ts";
import type { Question, Round, Sample } from "../harness/question.ts";

const warmUp = 20;

/** The same pauses for everybody: a small generator with a fixed start (Park and Miller's). */
function pauses(): () => number {
  let state = 20_250_101;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return 20 + (state / 2_147_483_647) * 30;
  };
}

export const latency: Question = {
  name: "latency",
  asks: (o) =>
    `publish to handler entered, idle system, ${o.samples} samples 20-50 ms apart; behind the pooler everybody polls each ${o.pollMs} ms`,
  headline: { figure: "p50Ms", better: "lower" },
  traits: (c) => c.latency?.traits ?? null,

  async round(r) {
    const variants = r.contestant.latency?.variants ?? [""];
    const samples: Sample[] = [];
    for (const mode of ["two processes", "one process", "behind the pooler"] as const) {
      if (mode === "behind the pooler" && "absent" in r.pooler) {
        samples.push({ mode, figures: {}, instead: `absent: ${r.pooler.absent}` });
        continue;
      }
      // The variants differ in how the reader is woken; behind the pooler nothing wakes it.
      const tried: Sample[] = [];
      for (const variant of mode === "behind the pooler" ? variants.slice(0, 1) : variants)
        tried.push(await one(r, mode, variant));
      tried.sort((a, b) => (a.figures["p50Ms"] ?? Infinity) - (b.figures["p50Ms"] ?? Infinity));
      const best = tried[0];
      if (best !== undefined) samples.push(best);
    }
    return samples;
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.latency, "latency");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "publish") {
      await link.go();
      await publishAll(task, context, numberAt(params, "count"));
      link.result({});
    } else {
      const count = numberAt(params, "count");
      const times = new Float64Array(count).fill(-1);
      let missing = count;
      let finish: () => void = () => undefined;
      const complete = new Promise<void>((resolve) => (finish = resolve));
      await link.go();
      const running = await task.work(context, (payload) => {
        const entered = now();
        if (times[payload.id] !== -1) return;
        times[payload.id] = entered - (payload.at ?? Number.NaN);
        if (--missing === 0) finish();
      });
      link.say("reading");
      if (role === "both") await publishAll(task, context, count);
      await complete;
      await running.stop();
      link.result({ times: [...times.subarray(warmUp)] });
    }
  },
};

async function publishAll(task: LatencyTask, context: Context, count: number): Promise<void> {
  const publisher = await task.publisher(context);
  const pause = pauses();
  await new Promise((resolve) => setTimeout(resolve, 500)); // let the reader fall idle
  for (let id = 0; id < count; id++) {
    await publisher.publish({ ...context.payload(id), at: now() });
    await new Promise((resolve) => setTimeout(resolve, pause()));
  }
  await publisher.close();
}

async function one(r: Round, mode: string, variant: string): Promise<Sample> {
  const count = r.options.samples + warmUp;
  const context = mode === "behind the pooler" && "url" in r.pooler ? { variant, pooled: true } : { variant };
  await r.freshDatabase();
  await r.call("prepare");
  await r.settle();
  const pooled = mode === "behind the pooler" && "url" in r.pooler ? { ...context, url: r.pooler.url } : context;
  const worker = r.start(mode === "one process" ? "both" : "work", { count }, pooled);
  const ready = [await worker.next("ready")];
  await r.startMeter();
  worker.send({ kind: "go" });
  await worker.next("reading");
  const processes = [];
  if (mode !== "one process") {
    const publisher = r.start("publish", { count }, pooled);
    ready.push(await publisher.next("ready"));
    publisher.send({ kind: "go" });
    processes.push(await publisher.next("result"));
    await publisher.ended();
  }
  const result = await worker.next("result");
  processes.push(result);
  await worker.ended();
  const bases = ready.filter(isObject).map((m) => numberAt(m, "clockBase"));
  const clockErrorMs = bases.length === 2 ? (bases[0] ?? 0) - (bases[1] ?? 0) : 0;
  const times = numbersAt(result, "times")
    .map((t) => t - clockErrorMs)
    .sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return {
    mode,
    figures: {
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      minMs: at(0),
      maxMs: at(1),
      clockErrorMs,
      ...(await r.readMeter(count, processes)),
    },
    ...(variant === "" ? {} : { remarks: [`publish: ${variant}`] }),
  };
}
