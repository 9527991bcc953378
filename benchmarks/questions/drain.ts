// How fast does one worker process empty a queue of no-op jobs?
//
// The clock runs from the worker's start signal (its process is up and has loaded its library; connecting is inside the
// measured time) to the last job handled. The time until every acknowledgement is committed is a figure of its own
// (`settledMs`), and afterwards the tables are asked: nothing may be left.
//
// Traps: a table filled moments ago has no statistics and no visibility map, and autovacuum would come at a random moment,
// so everybody gets `vacuum analyze` and `checkpoint` first. Handlers that do nothing measure the machinery alone: a real
// handler hides most of the difference. One worker process means one core for JavaScript; the rest is the server's. A
// contestant that moves a cursor over a log leaves the rows behind for cheap removal of whole tables later; one that
// deletes or updates rows leaves dead tuples for autovacuum, whose later work no figure here contains.
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import { tallyOf } from "../harness/tally.ts";
import type { Question } from "../harness/question.ts";

export const drain: Question = {
  name: "drain",
  asks: (o) => `${o.jobs} no-op jobs already queued, one worker process`,
  headline: { figure: "itemsPerSecond", better: "higher" },
  traits: (c) => c.drain?.traits ?? null,

  async round(r) {
    const count = r.options.jobs;
    await r.call("prepare");
    await r.call("produce", { count });
    await r.settle();
    const worker = r.start("work", { count });
    await worker.next("ready");
    await r.startMeter();
    worker.send({ kind: "go" });
    const result = await worker.next("result");
    await worker.ended();
    const meter = await r.readMeter(count, [result]);
    const left = numberAt(await r.call("pending"), "pending");
    if (left !== 0) throw new Error(`${left} of ${count} jobs are not acknowledged although the worker stopped in order`);
    const ms = numberAt(result, "ms");
    return [
      {
        mode: "",
        figures: {
          itemsPerSecond: (count / ms) * 1000,
          ms,
          settledMs: numberAt(result, "settledMs"),
          repeats: numberAt(result, "repeats"),
          ...meter,
        },
      },
    ];
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.drain, "drain");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "produce") {
      await task.produce(context, { first: 0, count: numberAt(params, "count") });
      link.result({});
    } else if (role === "pending") {
      link.result({ pending: await task.pending(context) });
    } else {
      const tally = tallyOf(numberAt(params, "count"));
      await link.go();
      const start = performance.now();
      const running = await task.work(context, (payload) => tally.add(payload.id));
      await tally.complete;
      const ms = performance.now() - start;
      await running.stop();
      link.result({ ms, settledMs: performance.now() - start, repeats: tally.repeats });
    }
  },
};
