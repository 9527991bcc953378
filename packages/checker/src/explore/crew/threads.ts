// The worker threads themselves: starts them, sees that each has found the same subject, gives each task to the one with the least to do, and
// passes on what codecs learn. A thread that ends early ends the search. It knows nothing of levels.
import { Worker } from "node:worker_threads";
import { EvenkeelError } from "@evenkeel/core";
import type { StateCodec } from "../../space.ts";
import { differences } from "../identity.ts";
import type { Identity } from "../identity.ts";
import type { Settings } from "../options.ts";
import type { FromThread, News, SubjectSource, Task, ThreadData } from "./messages.ts";

export type Answer = Extract<FromThread, { kind: "done" | "found" }> & { readonly writer: number };

export interface Threads {
  readonly count: number;
  /** @param news what the codec of this thread has learnt since the last task. */
  run(task: Omit<Task, "number" | "news">, news: () => unknown): Promise<Answer>;
  end(): Promise<void>;
}

interface ThreadsParts<State> {
  readonly count: number;
  readonly source: SubjectSource;
  readonly name: string;
  readonly settings: Settings;
  readonly identity: Identity;
  readonly codecOf: (writer: number) => StateCodec<State>;
}

interface Asked { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void }

interface Thread {
  readonly writer: number;
  readonly worker: Worker;
  readonly asked: Map<number, Asked>;
  /** By writer: how many of its news were told. */
  readonly told: number[];
}

/** Resolves when all threads are ready. Throws `CONFIG_INVALID` where one finds something else than what is explored. */
export async function startThreads<State>({ count, source, name, settings, identity, codecOf }: ThreadsParts<State>): Promise<Threads> {
  // By writer, in order.
  const news: unknown[][] = Array.from({ length: count + 1 }, () => []);
  const { seed, fingerprintBits, doubleCheck } = settings;
  let number = 0;
  let isEnding = false;

  async function start(writer: number): Promise<Thread> {
    // Beside this file, in sources as in what is built of them.
    const entry = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url).href;
    const data: ThreadData = { evenkeelCrew: true, entry, number: writer, source, settings: { seed, fingerprintBits, doubleCheck } };
    const worker = new Worker(new URL("./start-thread.js", import.meta.url), { workerData: data });
    const asked = new Map<number, Asked>();
    const thread: Thread = { writer, worker, asked, told: news.map(() => 0) };
    await new Promise<void>((resolve, reject) => {
      const fail = (why: unknown): void => {
        const error = failed(name, why);
        reject(error);
        for (const one of asked.values()) one.reject(error);
        asked.clear();
      };
      worker.on("error", fail);
      worker.on("exit", () => { if (!isEnding) fail("it ended"); });
      worker.on("message", (message: FromThread) => {
        if (message.kind === "ready") {
          checked(message.identity, resolve, reject);
          return;
        }
        if (message.kind === "refused") {
          reject(invalid(name, message.reason));
          return;
        }
        if (message.kind === "done" && message.learnt !== null) {
          news[writer]?.push(message.learnt);
          codecOf(writer).learn?.(message.learnt);
        }
        asked.get(message.number)?.resolve({ ...message, writer });
        asked.delete(message.number);
      });
    }).catch(async (error: unknown) => {
      isEnding = true;
      await worker.terminate();
      throw error;
    });
    return thread;
  }

  function checked(found: Identity, resolve: () => void, reject: (error: unknown) => void): void {
    const differing = differences(found, identity);
    if (differing.length === 0) resolve();
    else reject(invalid(name, `what ${source.module} exports as "${source.export}" is not what is explored: it differs in ${differing.join(", ")}`));
  }

  /** What the writers of a task's pieces have learnt, and this thread was not told. */
  function newsFor({ told, writer }: Thread): News[] {
    const found: News[] = [];
    for (const [other, all] of news.entries()) {
      if (other === writer) continue;
      for (const learnt of all.slice(told[other])) found.push({ writer: other, learnt });
      told[other] = all.length;
    }
    return found;
  }

  const starting = await Promise.allSettled(Array.from({ length: count }, (_, index) => start(index + 1)));
  const threads = starting.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const end = async (): Promise<void> => {
    isEnding = true;
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  };
  const refused = starting.find((one) => one.status === "rejected");
  if (refused !== undefined) {
    await end();
    throw refused.reason;
  }
  return {
    count, end,
    run(task, own) {
      const learnt = own();
      if (learnt !== null) news[0]?.push(learnt);
      const thread = threads.reduce((least, one) => (one.asked.size < least.asked.size ? one : least));
      number += 1;
      const asking = number;
      const answer = new Promise<Answer>((resolve, reject) => { thread.asked.set(asking, { resolve, reject }); });
      // Whoever has stopped waiting does not hear of a thread that ends.
      answer.catch(() => undefined);
      const whole: Task = { ...task, number: asking, news: newsFor(thread) };
      thread.worker.postMessage(whole);
      return answer;
    },
  };
}

function invalid(name: string, why: string): EvenkeelError {
  return new EvenkeelError("CONFIG_INVALID", `Worker threads cannot explore "${name}": ${why}.`, { details: { subject: name } });
}

function failed(name: string, why: unknown): EvenkeelError {
  const text = why instanceof Error ? why.message : String(why);
  return new EvenkeelError("CHECK_WORKER_FAILED", `A worker thread that explored "${name}" failed: ${text}. Explore with one thread to see more.`, { details: { subject: name }, cause: why });
}
