// How much goes through when one process publishes and one process handles, both at full speed at the same time?
//
// The clock runs from the common start signal to the last job handled. Publisher and worker are two processes on one
// machine with the server: with two cores all three share them, so what is cheap for the server leaves more for the rest.
//
// Traps: the publisher uses each library's batch call in batches of its own choice; a thousand single calls would measure
// round trips. A worker that finds the queue empty falls back to its idle rhythm; contestants are given whatever wake-up
// their library has. The worker is started and reading before the publisher is let go, so start-up is outside.
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import { tallyOf } from "../harness/tally.ts";
import { now } from "../harness/clock.ts";
import type { Question } from "../harness/question.ts";

export const together: Question = {
  name: "together",
  asks: (o) => `${o.jobs} no-op jobs, one publishing and one working process at the same time`,
  headline: { figure: "itemsPerSecond", better: "higher" },
  traits: (c) => c.together?.traits ?? null,

  async round(r) {
    const count = r.options.jobs;
    await r.call("prepare");
    await r.settle();
    const worker = r.start("work", { count });
    const producer = r.start("produce", { count });
    await Promise.all([worker.next("ready"), producer.next("ready")]);
    await r.startMeter();
    worker.send({ kind: "go" });
    await worker.next("reading");
    const start = now();
    producer.send({ kind: "go" });
    const [produced, worked] = await Promise.all([producer.next("result"), worker.next("result")]);
    await Promise.all([producer.ended(), worker.ended()]);
    const meter = await r.readMeter(count, [worked, produced]);
    const left = numberAt(await r.call("pending"), "pending");
    if (left !== 0) throw new Error(`${left} of ${count} jobs are not acknowledged although the worker stopped in order`);
    const ms = numberAt(worked, "lastAt") - start;
    return [
      {
        mode: "",
        figures: {
          itemsPerSecond: (count / ms) * 1000,
          ms,
          producerMs: numberAt(produced, "at") - start,
          repeats: numberAt(worked, "repeats"),
          ...meter,
        },
      },
    ];
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.together, "together");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "pending") {
      link.result({ pending: await task.pending(context) });
    } else if (role === "produce") {
      await link.go();
      await task.produce(context, { first: 0, count: numberAt(params, "count") });
      link.result({});
    } else {
      const tally = tallyOf(numberAt(params, "count"));
      await link.go();
      const running = await task.work(context, (payload) => tally.add(payload.id));
      link.say("reading");
      const lastAt = await tally.complete;
      await running.stop();
      link.result({ lastAt, repeats: tally.repeats });
    }
  },
};
