// Attacks on calls that need attention, with PostgreSQL.
import { randomBytes } from "node:crypto";
import test, { describe } from "node:test";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { testDatabase } from "./ledger/attack-test.ts";
import { perform, plays } from "./desk/plays.ts";

// Side by side: they mostly wait.
describe("calls in need", { concurrency: 3 }, () => {
  for (const play of plays) {
    test(`on PostgreSQL, ${play.name}`, { timeout: 120_000 }, async (t) => {
      const url = testDatabase();
      const schema = `desk_${randomBytes(5).toString("hex")}`;
      const log = (): void => undefined;
      t.after(async () => {
        const store = openPostgres({ url, schema, log, poolSize: 1 });
        await store.transaction(async (sql) => ({ value: await sql.query(`drop schema if exists "${schema}" cascade`), calls: [] }));
        await store.close();
      });
      await perform(play, nodeHost(log), async () => {
        const store = openPostgres({ url, schema, log, poolSize: 4 });
        // Operators' tools prepare nothing: their store knows the groups once an application has.
        await store.prepare({ partitions: 4, groups: [], entities: [], schemas: [] });
        return store;
      });
    });
  }
});
