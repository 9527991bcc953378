// A server that dies while processes prepare: one has its turn, others wait for theirs. None of them hangs, and all prepare once it is back.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { describe } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { startEmbedded } from "@evenkeel/embedded";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import pg from "pg";
import { eventually } from "./ledger/attack-test.ts";

const MANIFEST = { partitions: 2, groups: [{ name: "billing", handles: ["a"] }], entities: [], schemas: [] };
const { log } = nodeHost(() => undefined);

// Side by side: they mostly wait.
describe("a server that dies while processes prepare", { concurrency: true }, () => {
  for (const [how, signal] of [["immediately", "SIGQUIT"], ["without a word", "SIGKILL"]] as const) {
    test(`processes that wait for their turn to prepare hear of a server that ends ${how}, and prepare when it is back`, { timeout: 240_000 }, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), "ekprepare-"));
      chmodSync(folder, 0o755);
      const options = { folder: join(folder, "db") };
      let server = await startEmbedded(options);
      t.after(async () => {
        await server.stop();
        rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
      });
      const holder = new pg.Client({ connectionString: server.url });
      holder.on("error", () => undefined);
      await holder.connect();
      await holder.query("begin");
      await holder.query("select pg_advisory_xact_lock(hashtext('shop:prepare'), 0)");

      const stores = Array.from({ length: 3 }, () => openPostgres({ url: server.url, schema: "shop", log, poolSize: 1 }));
      t.after(() => Promise.all(stores.map((store) => store.close())));
      const codeOf = (error: unknown): string => isEvenkeelError(error) ? error.code : String(error);
      const ends = stores.map((store) => store.prepare(MANIFEST).then(() => "prepared", codeOf));
      const asking = "select 1 from pg_stat_activity where query like 'select pg_try_advisory_xact_lock%' and state like 'idle in transaction%'";
      await eventually("all of them wait", async () => {
        await holder.query("select pg_stat_clear_snapshot()");
        return (await holder.query(asking)).rowCount === stores.length || undefined;
      });
      assert.equal(await Promise.race([...ends, Promise.resolve("nobody")]), "nobody");

      process.kill(server.pid, signal);
      assert.deepEqual(await Promise.all(ends), ["STORE_UNAVAILABLE", "STORE_UNAVAILABLE", "STORE_UNAVAILABLE"]);
      await holder.end().catch(() => undefined);
      await eventually("the server is down", () => !server.isRunning() || undefined);
      server = await startEmbedded(options);
      const again = Array.from({ length: 3 }, () => openPostgres({ url: server.url, schema: "shop", log, poolSize: 1 }));
      t.after(() => Promise.all(again.map((store) => store.close())));
      for (const prepared of await Promise.all(again.map((store) => store.prepare(MANIFEST)))) {
        assert.deepEqual(prepared, { partitions: 2, eligibleGroups: ["billing"] });
      }
    });
  }
});
