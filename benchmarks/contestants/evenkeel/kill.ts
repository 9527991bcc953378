// kill: work that takes a second is a call, never an await inside a handler. The handler of a job requests it; the port's runner performs
// up to `concurrency` of them at once, outside any transaction; a job is done when its outcome has been handled. `reconcile: "repeat"` says
// that the provider answers a repeated key alike, so a call that a killed worker had begun is simply performed again.
import { z } from "zod";
import { createApp, port, provide, service } from "evenkeel";
import { Job, payload, produce, traits } from "./app.ts";
import { lagAndCalls } from "./tables.ts";
import type { Context, Handle, QueueTask } from "../../harness/contract.ts";

/** Longer than any start of a second worker: the question is about a worker that dies, not about one that is slow. */
const timeoutMs = 60_000;

function open(context: Context, handle: Handle) {
  const slow = port("slow", { work: { input: payload, ok: z.object({}), concurrency: context.concurrency, reconcile: "repeat", timeoutMs } });
  const worker = service("worker", { ports: { slow } })
    .on(Job, (job, { call }) => { call(slow.work, { key: String(job.id), input: job }); })
    .outcome(slow.work, { ok: () => undefined, notPerformed: () => undefined, unknown: (_, { reconcile }) => { reconcile(); } });
  const provided = provide(slow, {
    work: {
      perform: async ({ input: { id, note } }) => {
        await handle({ id, note });
        return { kind: "ok", value: {} };
      },
    },
  });
  return createApp({ services: [worker], accepts: [Job], ports: [provided], database: context.url });
}

export const kill: QueueTask = {
  traits: {
    ...traits,
    settings: `defaults; a call per job, as many at once as there are jobs, time limit ${timeoutMs / 1_000} s`,
    guarantee: "exactly once for effects in the database; calls at least once, under the same key",
  },
  async prepare(context) {
    await (await open(context, () => undefined)).stop();
  },
  produce,
  async work(context, handle) {
    const app = await open(context, handle);
    await app.start();
    return { stop: async () => { await app.stop(); } };
  },
  // A job is done when no call of it stands and its outcome has been handled.
  pending: lagAndCalls,
};
