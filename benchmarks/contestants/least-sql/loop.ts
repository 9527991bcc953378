// The loop of a least answer's worker: one connection, one step after the other, and a rest after a step that found nothing. A step ends
// with its commit, so that a stop between two steps leaves nothing open.
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { connect } from "./connection.ts";
import type { Context, Running } from "../../harness/contract.ts";

/** Starts the loop; `step` answers whether it found anything. */
export async function repeat(context: Context, idleMs: number, step: (client: pg.Client) => Promise<boolean>): Promise<Running> {
  return looping(context, async (client, stopping) => {
    while (!stopping()) if (!(await step(client))) await sleep(idleMs);
  });
}

/** For a loop that is not made of steps; it ends soon after `stopping()` is true. */
export async function looping(context: Context, loop: (client: pg.Client, stopping: () => boolean) => Promise<void>): Promise<Running> {
  const client = await connect(context);
  let stopping = false;
  const finished = loop(client, () => stopping);
  return {
    async stop() {
      stopping = true;
      await finished;
      await client.end();
    },
  };
}
