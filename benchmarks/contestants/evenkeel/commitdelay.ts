// commitdelay: commits straight on the store, because the application's publishes of one process travel together and would hide the
// locks. Each is the function that every publish calls, with a door record and its messages.
import { randomUUID } from "node:crypto";
import pg from "pg";
import { openPostgres } from "@evenkeel/postgres";
import { partitionOf } from "@evenkeel/core/spi";
import type { Envelope, PublishCall } from "@evenkeel/core/spi";
import { traits } from "./app.ts";
import type { CommitDelayTask, Context } from "../../harness/contract.ts";

const openStore = (context: Context, poolSize: number) => openPostgres({ url: context.url, poolSize, log: () => undefined });
/** The number of partitions travels as the context's variant. */
const manifest = (context: Context) => ({ partitions: Number(context.variant), groups: [], entities: [], schemas: [] });

export const commitdelay: CommitDelayTask = {
  traits: { ...traits, settings: "commit_delay = 3000, commit_siblings = 0; publishes straight on the store", validation: false },
  async prepare(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    const { rows } = await client.query<{ name: string }>("select quote_ident(current_database()) as name");
    // For every later connection to this database.
    for (const setting of ["commit_delay = 3000", "commit_siblings = 0"]) await client.query(`alter database ${rows[0]?.name ?? ""} set ${setting}`);
    await client.end();
    const store = openStore(context, 1);
    await store.prepare(manifest(context));
    await store.close();
  },
  async committers(context, connections) {
    const store = openStore(context, connections);
    const { partitions } = await store.prepare(manifest(context));
    const keyOf = Array.from({ length: partitions }, (_, partition) => keyIn(partition, partitions));
    let next = 0;
    return {
      async commit(which) {
        const targets = which === "all" ? keyOf : [keyOf[next++ % partitions] ?? ""];
        const call: PublishCall = { tenant: "default", doorKey: randomUUID(), digest: "d", timers: [], messages: targets.map((key) => envelope(context, key, partitions)) };
        const [result] = await store.publish([call]);
        if (result?.kind !== "published") throw new Error(`a publish ended as ${result?.kind ?? "nothing"}`);
      },
      close: () => store.close(),
    };
  },
};

function keyIn(partition: number, partitions: number): string {
  for (let n = 0; ; n++) if (partitionOf("default", `k${n}`, partitions) === partition) return `k${n}`;
}

function envelope(context: Context, key: string, partitions: number): Envelope {
  return {
    id: randomUUID(), name: "bench.job", version: 1, tenant: "default", key, partition: partitionOf("default", key, partitions),
    body: JSON.stringify(context.payload(1)), causationId: null, correlationId: randomUUID(), trace: null, occurredAt: Date.now(),
  };
}
