// What becomes of the rate when every order wants the same SKU?
//
// Several worker processes share the partitions of one service. Orders are published under their own keys, so that every
// process has some, and each changes the document of its SKU and writes one of its own. "uniform": a thousand SKUs, evenly;
// "hot": one. The publisher keeps a bounded number of orders under way. The clock runs from the first publish, with all
// workers owning partitions, until the tables say that all orders are handled.
//
// The bars: the hot rate at least half the uniform one; at most 2.5 runs per message (runs ahead, whose results are thrown
// away, are not counted); no order waits over five seconds. A service whose commits keep losing gathers its partitions in
// one process: how long that took, and how many processes owned partitions at the end, stand in the row.
//
// Traps: with few orders the run ends before the service has gathered, and with few under way an order's wait says little.
// All processes share this machine's cores: with two cores, four workers of one are slower than one by themselves.
import { need } from "../harness/question.ts";
import { numberAt, numbersAt } from "../harness/json.ts";
import { now } from "../harness/clock.ts";
import type { Json } from "../harness/json.ts";
import type { Context, HotKeyTask } from "../harness/contract.ts";
import type { Link, Question, Round, Sample } from "../harness/question.ts";

const skus = 1_000;
const batch = 100;

export const hotkey: Question = {
  name: "hotkey",
  asks: (o) => `${o.hotOrders} orders over ${skus} SKUs and for one SKU, ${o.workers} worker processes, at most ${o.hotInFlight} under way`,
  headline: { figure: "itemsPerSecond", better: "higher" },
  traits: (c) => c.hotkey?.traits ?? null,

  async round(r) {
    const uniform = await one(r, "uniform");
    await r.freshDatabase();
    const hot = await one(r, "hot");
    const rateRatio = (hot.figures["itemsPerSecond"] ?? 0) / (uniform.figures["itemsPerSecond"] ?? Number.NaN);
    const missed = [
      ...(rateRatio >= 0.5 ? [] : ["rate"]),
      ...((hot.figures["runsPerMessage"] ?? Infinity) <= 2.5 ? [] : ["runs"]),
      ...((hot.figures["maxWaitMs"] ?? Infinity) <= 5_000 ? [] : ["wait"]),
    ];
    const verdict = missed.length === 0 ? "every bar held" : `BARS MISSED: ${missed.join(", ")}`;
    return [uniform, { ...hot, figures: { rateRatio, ...hot.figures }, remarks: [verdict] }];
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.hotkey, "hotkey");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "work") await work(task, context, link);
    else if (role === "publish") await publish(task, context, params, link);
    else if (role === "look") await look(task, context, link);
    else link.result({ ...(await task.outcome(context)) });
  },
};

async function one(r: Round, mode: "uniform" | "hot"): Promise<Sample> {
  const count = r.options.hotOrders;
  await r.call("prepare");
  await r.settle();
  const looker = r.start("look");
  await looker.next("ready");
  const ask = async (): Promise<Json> => {
    looker.send({ kind: "look" });
    return looker.next("look");
  };
  const workers = Array.from({ length: r.options.workers }, () => r.start("work"));
  await Promise.all(workers.map((worker) => worker.next("ready")));
  for (const worker of workers) worker.send({ kind: "go" });
  for (const until = now() + 60_000; numberAt(await ask(), "owners") < workers.length; await sleep(50)) {
    if (now() > until) throw new Error("the partitions were not spread over all workers within 60 s");
  }
  const publisher = r.start("publish", { count, inFlight: r.options.hotInFlight, skus: mode === "hot" ? 1 : skus });
  await publisher.next("ready");
  await r.startMeter();
  publisher.send({ kind: "go" });
  const start = now();
  const published = publisher.next("result");
  let gatheredAfterMs: number | null = null;
  let all = false;
  void published.then(() => (all = true));
  let ownersAtEnd: number;
  for (;;) {
    const last = all;
    const seen = await ask();
    ownersAtEnd = numberAt(seen, "owners");
    if (seen["gathered"] === true) gatheredAfterMs ??= now() - start;
    if (last && numberAt(seen, "pending") === 0) break;
    if (now() - start > 600_000) throw new Error("not all orders were handled within ten minutes");
    await sleep(20);
  }
  const ms = now() - start;
  const results: Json[] = [await published];
  for (const worker of workers) worker.send({ kind: "stop" });
  for (const worker of workers) results.push(await worker.next("result"));
  await Promise.all([publisher, ...workers].map((child) => child.ended()));
  const meter = await r.readMeter(count, results);
  await looker.kill();
  const outcome = await r.call("outcome");
  const waits = numbersAt(outcome, "waits").sort((a, b) => a - b);
  if (waits.length !== count || numberAt(outcome, "taken") !== count) {
    throw new Error(`${count} orders, ${waits.length} documents of orders, ${numberAt(outcome, "taken")} pieces taken`);
  }
  const sum = (figure: string): number => results.slice(1).reduce((total, result) => total + numberAt(result, figure), 0);
  return {
    mode,
    figures: {
      itemsPerSecond: (count / ms) * 1_000,
      runsPerMessage: sum("runs") / count,
      maxWaitMs: waits.at(-1) ?? 0,
      p50WaitMs: waits[Math.floor(waits.length / 2)] ?? 0,
      commits: sum("commits"),
      conflicts: sum("conflicts"),
      gatheredAfterMs,
      ownersAtEnd,
      ...meter,
    },
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function work(task: HotKeyTask, context: Context, link: Link): Promise<void> {
  await link.go();
  const running = await task.work(context);
  await link.hear("stop");
  const stats = running.stats();
  await running.stop();
  link.result({ ...stats });
}

async function look(task: HotKeyTask, context: Context, link: Link): Promise<void> {
  const looking = await task.look(context);
  link.say("ready");
  for (;;) {
    await link.hear("look");
    link.say("look", await looking.read());
  }
}

async function publish(task: HotKeyTask, context: Context, params: Json, link: Link): Promise<void> {
  const [count, inFlight, kinds] = [numberAt(params, "count"), numberAt(params, "inFlight"), numberAt(params, "skus")];
  const publisher = await task.publisher(context);
  const looking = await task.look(context);
  await link.go();
  for (let first = 0; first < count; ) {
    const room = inFlight - (await looking.read()).pending;
    const publishes: Promise<void>[] = [];
    for (let upto = Math.min(count, first + room); first < upto; first += batch) {
      const size = Math.min(batch, count - first);
      const from = first;
      publishes.push(publisher.publish(Array.from({ length: size }, (_, i) => ({ id: from + i, sku: `sku-${(from + i) % kinds}` }))));
    }
    if (publishes.length === 0) await sleep(5);
    await Promise.all(publishes);
  }
  await publisher.close();
  await looking.close();
  link.result({});
}
