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
      async read() {
        const { rows } = await client.query<{ asleep: string; ended: string }>(
          "select (select count(*) from evenkeel.timer) as asleep, (select count(*) from evenkeel.entity_nap_run where body->>'status' = 'completed') as ended",
        );
        return { asleep: Number(rows[0]?.asleep), ended: Number(rows[0]?.ended) };
      },
      close: () => client.end(),
    };
  },
};
