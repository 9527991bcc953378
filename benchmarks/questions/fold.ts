// How fast are events folded into totals in the database, each exactly once, while ten appenders append?
//
// One process appends with ten connections, small appends with a commit each; one process folds. The clock runs from the
// common start signal to the commit that made the last event count. Then every key's count and total are compared with
// what was appended: a lost or doubled event fails the run.
//
// Traps: ids are drawn before commits, so with ten appenders a reader that moves a cursor over ids skips events that
// commit late. Handling one event per commit measures fsync. Totals in a thousand rows are updated in place: a transaction
// per event would make each row a queue of its own. The row of guarantees matters here: a contestant whose handler and
// acknowledgement commit apart counts twice after a crash, which this question does not provoke.
import { need } from "../harness/question.ts";
import { isObject, numberAt, stringAt } from "../harness/json.ts";
import { checkTotals, foldEventOf } from "../harness/events.ts";
import { now } from "../harness/clock.ts";
import type { Question } from "../harness/question.ts";

export const fold: Question = {
  name: "fold",
  asks: (o) =>
    `${o.events} events over ${o.keys} keys, ${o.appenders} concurrent appenders with ${o.appendBatch} events per commit, ` +
    "each added to its key's totals once",
  headline: { figure: "itemsPerSecond", better: "higher" },
  traits: (c) => c.fold?.traits ?? null,

  async round(r) {
    const { events: count, keys, appenders, appendBatch } = r.options;
    const plan = { count, keys, appenders, appendBatch };
    await r.call("prepare", plan);
    await r.settle();
    const worker = r.start("work", plan);
    const appending = r.start("append", plan);
    await Promise.all([worker.next("ready"), appending.next("ready")]);
    await r.startMeter();
    worker.send({ kind: "go" });
    await worker.next("reading");
    const start = now();
    appending.send({ kind: "go" });
    const [appended, worked] = await Promise.all([appending.next("result"), worker.next("result")]);
    await Promise.all([appending.ended(), worker.ended()]);
    const meter = await r.readMeter(count, [worked, appended]);
    const { totals } = await r.call("totals");
    if (!Array.isArray(totals)) throw new Error("no totals");
    const found = totals.map((t: unknown) => {
      if (!isObject(t)) throw new Error("a total is not an object");
      return { key: stringAt(t, "key"), count: numberAt(t, "count"), total: numberAt(t, "total") };
    });
    checkTotals(found, count, keys);
    const ms = numberAt(worked, "lastAt") - start;
    return [
      {
        mode: "",
        figures: { itemsPerSecond: (count / ms) * 1000, ms, appendMs: numberAt(appended, "lastAt") - start, ...meter },
      },
    ];
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.fold, "fold");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "totals") {
      link.result({ totals: await task.totals(context) });
    } else if (role === "append") {
      const [count, keys, batch] = [numberAt(params, "count"), numberAt(params, "keys"), numberAt(params, "appendBatch")];
      const appenders = await Promise.all(Array.from({ length: numberAt(params, "appenders") }, () => task.appender(context)));
      await link.go();
      let next = 0;
      await Promise.all(
        appenders.map(async (appender) => {
          while (next < count) {
            const first = next;
            const size = Math.min(batch, count - first);
            next += size;
            await appender.append(Array.from({ length: size }, (_, i) => foldEventOf(first + i, keys)));
          }
        }),
      );
      const lastAt = now();
      link.result({ lastAt });
      await Promise.all(appenders.map((a) => a.close()));
    } else {
      const count = numberAt(params, "count");
      let sum = 0;
      let finish: (at: number) => void = () => undefined;
      const complete = new Promise<number>((resolve) => (finish = resolve));
      await link.go();
      const running = await task.work(context, (n) => {
        sum += n;
        if (sum >= count) finish(now());
      });
      link.say("reading");
      const lastAt = await complete;
      await running.stop();
      if (sum !== count) throw new Error(`${sum} events folded, ${count} appended`);
      link.result({ lastAt });
    }
  },
};
