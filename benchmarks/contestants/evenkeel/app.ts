// How every question opens Evenkeel: one default configuration for all rows, schemas validated on publish and on handling, and the same
// public calls a user makes. Only the kill question's handler differs: outside work is a call, never an await inside a handler.
import { z } from "zod";
import { createApp, entity, event, service } from "evenkeel";
import type { Context, Payload, Traits } from "../../harness/contract.ts";

export const traits: Traits = {
  version: "sources",
  settings: "defaults",
  validation: true,
  perMessageFailure: true,
  guarantee: "exactly once for effects in the database",
};

export const payload = z.object({ id: z.number(), note: z.string(), at: z.number().optional() });
export const Job = event("bench.job", { key: (job) => String(job.id), data: payload });

export const FoldEvent = event("bench.fold", { key: (one) => one.key, data: z.object({ key: z.string(), amount: z.number() }) });
export const Total = entity("total", { data: z.object({ count: z.number(), total: z.number() }) });

export function worker(handle: (payload: Payload) => void | Promise<void>, name = "worker") {
  return service(name).on(Job, (job) => handle({ id: job.id, note: job.note, ...(job.at === undefined ? {} : { at: job.at }) }));
}

export function open(context: Context, services: ReturnType<typeof worker>[]) {
  return createApp({
    services, accepts: [Job], database: context.url,
    ...(context.pooled ? { settings: { pollWithoutHintsMs: context.pollIntervalMs } } : {}),
  });
}

export async function migrate(context: Context, names: readonly string[] = ["worker"]): Promise<void> {
  const app = await open(context, names.map((name) => worker(() => undefined, name)));
  await app.stop();
}

/** Messages per publish: each is one door record and one commit. */
const BATCH = 1_000;

export async function produce(context: Context, range: { readonly first: number; readonly count: number }): Promise<void> {
  const app = await open(context, []);
  // The next batch is built while the one before it is on its way.
  let before: Promise<unknown> = Promise.resolve();
  for (let from = range.first; from < range.first + range.count; from += BATCH) {
    const upto = Math.min(from + BATCH, range.first + range.count);
    const messages = [];
    for (let n = from; n < upto; n++) messages.push(Job(context.payload(n)));
    const publish = app.publishAll(messages);
    await before;
    before = publish;
  }
  await before;
  await app.stop();
}
