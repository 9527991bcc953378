// A breaker that several workers share, with PostgreSQL.
import { randomBytes } from "node:crypto";
import test, { describe } from "node:test";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { plays } from "./fleet/plays.ts";
import { testDatabase } from "./ledger/attack-test.ts";

// Side by side: they mostly wait.
describe("a shared breaker", { concurrency: true }, () => {
  for (const play of plays) {
    test(`on PostgreSQL, ${play.name}`, { timeout: 120_000 }, async (t) => {
      const url = testDatabase();
      const schema = `fleet_${randomBytes(5).toString("hex")}`;
      const events: string[] = [];
      const log = (_level: string, event: string): void => { events.push(event); };
      t.after(async () => {
        const store = openPostgres({ url, schema, log, poolSize: 1 });
        await store.transaction(async (sql) => ({ value: await sql.query(`drop schema if exists "${schema}" cascade`), calls: [] }));
        await store.close();
      });
      await play.run({
        host: nodeHost(log), events,
        store: async () => {
          const store = openPostgres({ url, schema, log, poolSize: 4 });
          await store.prepare({ partitions: 8, groups: [], entities: [], schemas: [] });
          return store;
        },
      });
    });
  }
});
