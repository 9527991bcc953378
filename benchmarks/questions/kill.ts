// How long until all work is done after `kill -9` of a worker with messages in flight?
//
// All messages are in flight at once, and no handler of the first worker ever returns: when the last one was entered, that
// worker is killed. The second worker's handlers sleep one second. "restart": it is a new process, started at once, as a
// supervisor would; its start-up is inside. "takeover": it has joined after the messages were taken, and stands idle when
// the first dies. The clock runs from the kill until the tables say that every message is acknowledged.
//
// Traps: a queue that marks rows as taken waits for a timeout of its own, from seconds to hours; the harness stops at the
// cap and prints "> 60 s". That a dead client's transaction ends at once is true for a local socket; across a network the
// server notices a lost machine only by TCP keepalive. Effects of the killed handlers outside the database happen twice.
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import { now } from "../harness/clock.ts";
import type { Question, Round, Sample } from "../harness/question.ts";

const handlerMs = 1_000;
const untilKilledMs = 600_000;

export const kill: Question = {
  name: "kill",
  asks: (o) => `kill -9 of a worker with ${o.inFlight} messages in flight (handlers take 1 s); time until all are done`,
  headline: { figure: "recoveryMs", better: "lower" },
  traits: (c) => c.kill?.traits ?? null,

  async round(r) {
    const modes = ["restart", "takeover"] as const;
    if (r.options.skipKill) return modes.map((mode) => ({ mode, figures: {}, instead: "skipped (--skip-kill)" }));
    const samples: Sample[] = [];
    for (const mode of modes) samples.push(await one(r, mode));
    return samples;
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.kill, "kill");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "produce") {
      await task.produce(context, { first: 0, count: numberAt(params, "count") });
      link.result({});
    } else if (role === "pending") {
      // Stays and answers, so that asking costs one statement and no process.
      link.say("ready");
      for (;;) {
        await link.hear("ask");
        link.say("answer", { pending: await task.pending(context) });
      }
    } else {
      const expected = numberAt(params, "count");
      const sleepMs = numberAt(params, "sleepMs");
      let entered = 0;
      await link.go();
      const running = await task.work(context, async () => {
        if (++entered === expected) link.say("all-entered");
        await new Promise((resolve) => setTimeout(resolve, sleepMs));
      });
      link.say("reading");
      await link.hear("stop");
      await running.stop();
      link.result({ entered });
    }
  },
};

async function one(r: Round, mode: "restart" | "takeover"): Promise<Sample> {
  const count = r.options.inFlight;
  const concurrency = { concurrency: count };
  await r.freshDatabase();
  await r.call("prepare");
  await r.call("produce", { count });
  await r.settle();
  const asker = r.start("pending");
  await asker.next("ready");
  const startWorker = async (sleepMs: number) => {
    const worker = r.start("work", { count, sleepMs }, concurrency);
    await worker.next("ready");
    worker.send({ kind: "go" });
    return worker;
  };
  // The victim never gets done by itself, however long its successor takes to start.
  const first = await startWorker(untilKilledMs);
  await first.next("all-entered");
  let second = mode === "takeover" ? await startWorker(handlerMs) : null;
  await second?.next("reading");
  const start = now();
  await first.kill();
  second ??= await startWorker(handlerMs);
  let left = count;
  while (left > 0 && now() - start < r.options.capMs) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    asker.send({ kind: "ask" });
    left = numberAt(await asker.next("answer"), "pending");
  }
  const recoveryMs = now() - start;
  await asker.kill();
  if (left > 0) {
    await second.kill();
    return { mode, figures: { leftAtCap: left }, instead: `> ${r.options.capMs / 1000} s (${left} of ${count} left)` };
  }
  second.send({ kind: "stop" });
  const { entered } = await second.next("result");
  await second.ended();
  return { mode, figures: { recoveryMs, handledAgain: typeof entered === "number" ? entered : null } };
}
