// What does a full policy cost per call: bulkhead, deadline, retry with budget, breaker and timeout around a function that does nothing?
//
// One process makes the calls one after another. The first half is timed in batches of a thousand, for the median; the second call by call,
// for the 99th percentile, which includes the clock's own cost (see no-policy) and the garbage collector. In the second mode the function
// reads its signal, as everyone does who hands it to fetch: where a library makes one per call, it is then paid for.
//
// Memory is the heap after a full collection, before and after all calls, each time once a library's rolling window has passed if it keeps
// calls in it (`settleMs`); the code is warm by then. Some kilobytes either way are the engine's own.
//
// Traps: awaited promises alone never let a timer run, so after each batch the event loop gets its turn, outside the clock. The parts differ:
// opossum has only three of them (see its row), cockatiel no budget. No database is asked; the harness starts it all the same.
import { collected } from "../harness/collected.ts";
import { need } from "../harness/question.ts";
import { numberAt } from "../harness/json.ts";
import type { PolicyTask } from "../harness/contract.ts";
import type { Question, Sample } from "../harness/question.ts";

const batch = 1_000;
const modes = ["the call reads nothing", "the call reads its signal"] as const;

export const policy: Question = {
  name: "policy",
  asks: (o) => `${o.calls} calls of a function that does nothing, one after another under all parts of a policy, half of them timed singly`,
  headline: { figure: "medianMicros", better: "lower" },
  contestants: ["evenkeel", "cockatiel", "opossum", "no-policy"],
  traits: (c) => c.policy?.traits ?? null,

  async round(r) {
    const samples: Sample[] = [];
    for (const [mode, name] of modes.entries()) {
      const caller = r.start("call", { calls: r.options.calls, mode });
      await caller.next("ready");
      caller.send({ kind: "go" });
      const result = await caller.next("result");
      await caller.ended();
      samples.push({
        mode: name,
        figures: {
          medianMicros: numberAt(result, "medianMicros"),
          p99Micros: numberAt(result, "p99Micros"),
          heapGrowthKb: numberAt(result, "heapGrowthKb"),
          ownCpuMicrosPerItem: numberAt(result, "cpuMicros") / numberAt(result, "made"),
          peakRssMb: numberAt(result, "peakRssKb") / 1024,
        },
      });
    }
    return samples;
  },

  async play(_role, contestant, _context, params, link) {
    const task = need(contestant.policy, "policy");
    // In each of the two halves.
    const calls = Math.ceil(numberAt(params, "calls") / 2 / batch) * batch;
    const reads = numberAt(params, "mode") === 1;
    const opened = await task.open(async (signal) => (reads && signal().aborted ? 0 : 1));
    // Warm, and timed once in each way, so that the code of both is compiled.
    await timeBatches(opened, new Float64Array(Math.ceil(calls / batch / 5)));
    await timeCalls(opened, new Float64Array(Math.ceil(calls / 5)));
    const [batches, single] = [new Float64Array(calls / batch), new Float64Array(calls)];
    await link.go();
    const before = await settledHeap(task);
    await timeBatches(opened, batches);
    await timeCalls(opened, single);
    const grown = (await settledHeap(task)) - before;
    opened.close();
    batches.sort();
    single.sort();
    link.result({
      medianMicros: (1_000 * (batches[batches.length >> 1] ?? 0)) / batch,
      p99Micros: 1_000 * (single[Math.ceil(0.99 * single.length) - 1] ?? 0),
      heapGrowthKb: grown / 1024,
      made: 2 * calls,
    });
  },
};

type Opened = Awaited<ReturnType<PolicyTask["open"]>>;

async function timeBatches({ call }: Opened, ms: Float64Array): Promise<void> {
  for (let index = 0; index < ms.length; index++) {
    const start = performance.now();
    let sum = 0;
    for (let done = 0; done < batch; done++) sum += await call();
    ms[index] = performance.now() - start;
    if (sum !== batch) throw new Error(`${batch - sum} of ${batch} calls were not made`);
    await turn();
  }
}

async function timeCalls({ call }: Opened, ms: Float64Array): Promise<void> {
  for (let index = 0; index < ms.length; index++) {
    const start = performance.now();
    await call();
    ms[index] = performance.now() - start;
    if (index % batch === 0) await turn();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function settledHeap({ settleMs }: PolicyTask): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return (await collected()).heapUsed;
}
