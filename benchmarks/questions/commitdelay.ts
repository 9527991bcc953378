// How many commits a second do the append locks allow when a flush takes long?
//
// A commit holds the append locks of its partitions until it is flushed; with `commit_delay = 3000, commit_siblings = 0` every
// commit takes three milliseconds at least, as on a slow disk. So one partition takes at most 333 commits a second, and commits
// that touch all partitions follow one another. One process commits on many connections at once: each commit to one partition
// in turn, each to all of them, and both mixed half and half.
//
// Traps: the delay is what limits, not the machine, so the figures carry over; but with more partitions than the delay allows
// commits for, the machine does. A publishing application puts what is published at the same time into one commit: its
// messages per second are these commits times its batch. In the mix each one takes its own pace; commits that hold all locks
// make the others wait, and the two rates are printed apart.
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import type { Question, Sample } from "../harness/question.ts";

const modes = ["one partition per commit", "all partitions per commit", "half and half"] as const;

export const commitdelay: Question = {
  name: "commitdelay",
  asks: (o) => `${o.committers} connections commit for ${o.seconds} s each way, ${o.partitions} partitions, a flush takes 3 ms`,
  headline: { figure: "commitsPerSecond", better: "higher" },
  traits: (c) => c.commitdelay?.traits ?? null,

  async round(r) {
    const samples: Sample[] = [];
    for (const mode of modes) {
      await r.freshDatabase();
      const context = { variant: String(r.options.partitions), concurrency: r.options.committers };
      const preparing = r.start("prepare", {}, context);
      await preparing.next("result");
      await preparing.ended();
      await r.settle();
      const worker = r.start("commit", { mode: modes.indexOf(mode), seconds: r.options.seconds }, context);
      await worker.next("ready");
      await r.startMeter();
      worker.send({ kind: "go" });
      const result = await worker.next("result");
      await worker.ended();
      const [one, all] = [numberAt(result, "one"), numberAt(result, "all")];
      const seconds = numberAt(result, "seconds");
      samples.push({
        mode,
        figures: {
          commitsPerSecond: (one + all) / seconds,
          ofOnePartition: one / seconds,
          ofAllPartitions: all / seconds,
          messagesPerSecond: (one + all * r.options.partitions) / seconds,
          slowestMs: numberAt(result, "slowestMs"),
          ...(await r.readMeter(one + all, [result])),
        },
      });
    }
    return samples;
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.commitdelay, "commitdelay");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
      return;
    }
    const mode = numberAt(params, "mode");
    const committers = await task.committers(context, context.concurrency);
    await link.go();
    const start = performance.now();
    const until = start + numberAt(params, "seconds") * 1_000;
    const done = { one: 0, all: 0 };
    let slowestMs = 0;
    await Promise.all(
      Array.from({ length: context.concurrency }, async (_, index) => {
        const which = mode === 0 || (mode === 2 && index % 2 === 0) ? "one" : "all";
        while (performance.now() < until) {
          const began = performance.now();
          await committers.commit(which);
          slowestMs = Math.max(slowestMs, performance.now() - began);
          done[which] += 1;
        }
      }),
    );
    const seconds = (performance.now() - start) / 1_000;
    await committers.close();
    link.result({ ...done, seconds, slowestMs });
  },
};
