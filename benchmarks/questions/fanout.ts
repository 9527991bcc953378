// How fast does every event reach five independent groups?
//
// One process publishes while one process serves the five groups; the clock runs from the common start signal to the
// last delivery. Publishing is inside because it is where contestants differ: five jobs per event are five rows to write
// and five to remove, a log is written once and read five times. An item is an event; deliveries are five times as many.
//
// Traps: "each group on its own" is part of the task: one reader that hands its batch to five handlers and keeps one
// position would stop all groups when one fails. The five readers share one process and so one core of JavaScript.
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import { tallyOf } from "../harness/tally.ts";
import { now } from "../harness/clock.ts";
import type { Question } from "../harness/question.ts";

const groups = ["billing", "shipping", "stock", "mail", "audit"];

export const fanout: Question = {
  name: "fanout",
  asks: (o) =>
    `${o.fanoutEvents} events, each handled by each of ${groups.length} groups, published and handled at the same time`,
  headline: { figure: "itemsPerSecond", better: "higher" },
  traits: (c) => c.fanout?.traits ?? null,

  async round(r) {
    const count = r.options.fanoutEvents;
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
    if (left !== 0) throw new Error(`${left} deliveries are not acknowledged although the worker stopped in order`);
    const ms = numberAt(worked, "lastAt") - start;
    return [
      {
        mode: "",
        figures: {
          itemsPerSecond: (count / ms) * 1000,
          deliveriesPerSecond: ((count * groups.length) / ms) * 1000,
          ms,
          producerMs: numberAt(produced, "at") - start,
          repeats: numberAt(worked, "repeats"),
          ...meter,
        },
      },
    ];
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.fanout, "fanout");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "pending") {
      link.result({ pending: await task.pending(context, groups) });
    } else if (role === "produce") {
      await link.go();
      await task.produce(context, { first: 0, count: numberAt(params, "count") }, groups);
      link.result({});
    } else {
      const tallies = new Map(groups.map((g) => [g, tallyOf(numberAt(params, "count"))]));
      await link.go();
      const running = await task.work(context, groups, (group, payload) =>
        need(tallies.get(group), `group ${group}`).add(payload.id),
      );
      link.say("reading");
      const all = [...tallies.values()];
      const lastAt = Math.max(...(await Promise.all(all.map((t) => t.complete))));
      await running.stop();
      link.result({ lastAt, repeats: all.reduce((sum, t) => sum + t.repeats, 0) });
    }
  },
};
