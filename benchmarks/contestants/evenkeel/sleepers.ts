// sleepers: runs of a workflow of one line, which sleep until the moment that their input names.
import { z } from "zod";
import { createApp, workflow } from "evenkeel";
import pg from "pg";
import { traits } from "./app.ts";
import type { Context, SleepersTask } from "../../harness/contract.ts";

const nap = workflow("nap", { input: z.object({ until: z.number() }) }, async ({ until }, w) => {
  await w.sleep({ until: new Date(until) });
});

const open = (context: Context) => createApp({ services: [nap], accepts: [nap.start], database: context.url });

/** Starts in one publish, as many as the questions about queues publish at once. */
const BATCH = 1_000;

export const sleepers: SleepersTask = {
  traits: { ...traits, guarantee: "a sleep ends once, with the commit of what follows it" },
  async prepare(context) {
    await (await open(context)).stop();
  },
  async open(context) {
    const app = await open(context);
    await app.start();
    return {
      async start(ids, until) {
        for (let from = 0; from < ids.length; from += BATCH) {
          await app.publishAll(ids.slice(from, from + BATCH).map((id) => nap.start({ id, input: { until: until.getTime() } })));
        }
      },
      stop: async () => { await app.stop(); },
    };
  },
  async look(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    return {
      asleep: async () => Number((await client.query<{ n: string }>("select count(*) as n from evenkeel.timer")).rows[0]?.n),
      async ended(prefix) {
        const { rows } = await client.query<{ n: string }>(
          "select count(*) as n from evenkeel.entity_nap_run where tenant = 'default' and key > $1 and key < $1 || '~' and body->>'status' = 'completed'", [prefix],
        );
        return Number(rows[0]?.n);
      },
      close: () => client.end(),
    };
  },
};
