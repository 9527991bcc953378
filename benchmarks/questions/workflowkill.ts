// What becomes of 500 runs of a workflow when the process of their worker is killed with `kill -9`?
//
// A client of its own has started all runs and is gone. No run completes before the kill: the last step of a worker that began before never
// returns, while the two steps before it do, after up to 200 ms each, so that runs stand at all places. The kill comes at a moment
// by chance (`--kill-at`: after so many calls of steps), in the middle of commits. "restart": the only worker dies, and a new process is
// started at once, as a supervisor would; its start-up is inside.
// "takeover": there are two workers, the one that has made more calls dies, and the last steps of the other return from then on.
// The clock runs from the kill until the tables say that all runs have completed.
//
// Audited afterwards: every effect in the same database stands there once for every run, whatever was repeated; every step of every run was
// called under one key, in all processes together; nothing is left or set aside. Anything else fails the round.
//
// Traps: a dead client's connection ends at once on a local socket; across a network a lost machine shows by its lease alone.
import { now } from "../harness/clock.ts";
import { numberAt } from "../harness/json.ts";
import { need } from "../harness/question.ts";
import { faultsOf, STEPS } from "../harness/run-audit.ts";
import type { Child } from "../harness/child.ts";
import type { Question, Round, Sample } from "../harness/question.ts";

const HELD_MS = 200;

export const workflowkill: Question = {
  name: "workflowkill",
  asks: (o) => `kill -9 of a worker with ${o.inFlight} runs of a workflow of three steps in flight; time until all have completed`,
  headline: { figure: "recoveryMs", better: "lower" },
  contestants: ["evenkeel"],
  traits: (c) => c.workflowkill?.traits ?? null,

  async round(r) {
    const restart = await one(r, "restart");
    await r.freshDatabase();
    return [restart, await one(r, "takeover")];
  },

  async play(role, contestant, context, params, link) {
    const task = need(contestant.workflowkill, "workflowkill");
    if (role === "prepare") {
      await task.prepare(context);
      link.result({});
    } else if (role === "start") {
      await task.start(context, Array.from({ length: numberAt(params, "count") }, (_, n) => `run-${n}`));
      link.result({});
    } else if (role === "look") {
      const looking = await task.look(context);
      link.say("ready");
      for (;;) {
        await link.hear("ask");
        link.say("answer", { completed: await looking.read() });
      }
    } else if (role === "audit") {
      link.result({ ...(await task.audit(context)) });
    } else {
      let held = params["held"] === true;
      const released = held ? link.hear("release").then(() => { held = false; }) : Promise.resolve();
      await link.go();
      const running = await task.work(context, async (call) => {
        link.say("called", { ...call });
        if (held) await pause(Math.random() * HELD_MS);
        if (call.step === "book") await released;
      });
      link.say("working");
      await link.hear("stop");
      await running.stop();
      link.result({});
    }
  },
};

async function one(r: Round, mode: "restart" | "takeover"): Promise<Sample> {
  const count = r.options.inFlight;
  await r.call("prepare");
  const workers: Child[] = [];
  const begin = async (held: boolean): Promise<Child> => {
    const worker = r.start("work", { held }, { concurrency: count });
    await worker.next("ready");
    worker.send({ kind: "go" });
    workers.push(worker);
    return worker;
  };
  const looking = r.start("look");
  await looking.next("ready");
  const completed = async (): Promise<number> => {
    looking.send({ kind: "ask" });
    return numberAt(await looking.next("answer"), "completed");
  };
  const pair = [await begin(true), ...(mode === "takeover" ? [await begin(true)] : [])];
  for (const worker of pair) await worker.next("working");
  // Not so few that nothing has happened, nor so many that nothing is left to do: the last step of all runs is two thirds of the way there.
  const killAt = r.options.killAt ?? Math.ceil(count * (0.2 + 2.4 * Math.random()));
  const calls = (): number => workers.reduce((sum, worker) => sum + worker.heard("called").length, 0);
  await r.call("start", { count });
  for (const from = now(); calls() < killAt; await pause(1)) {
    if (now() - from > r.options.capMs) throw new Error(`${calls()} calls were made before anything was killed, and ${killAt} were waited for`);
  }
  const victim = [...pair].sort((a, b) => b.heard("called").length - a.heard("called").length)[0];
  if (victim === undefined) throw new Error("no worker");
  const start = now();
  await victim.kill();
  const [callsBefore, ofVictim] = [calls(), victim.heard("called").length];
  const other = pair.find((worker) => worker !== victim) ?? await begin(false);
  other.send({ kind: "release" });
  const before = await completed();
  let done = before;
  while (done < count && now() - start < r.options.capMs) {
    await pause(20);
    done = await completed();
  }
  const recoveryMs = now() - start;
  await looking.kill();
  const remarks = [`killed after ${callsBefore} calls, ${ofVictim} of them its own`];
  if (done < count) {
    await other.kill();
    return { mode, figures: { leftAtCap: count - done }, instead: `> ${r.options.capMs / 1_000} s (${count - done} of ${count} left)`, remarks };
  }
  other.send({ kind: "stop" });
  await other.next("result");
  await other.ended();
  const made = workers.flatMap((worker) => worker.heard("called"));
  const { effects, wrong } = await r.call("audit");
  const faults = [...faultsOf({ calls: made, effects, count }), ...(Array.isArray(wrong) ? wrong.map(String) : [])];
  if (faults.length > 0) throw new Error(`${mode}, ${remarks.join()}: ${faults.length} faults, such as ${faults.slice(0, 5).join("; ")}`);
  return { mode, figures: { recoveryMs, callsBefore, callsOfVictim: ofVictim, completedBefore: before, callsAgain: made.length - count * STEPS }, remarks };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
