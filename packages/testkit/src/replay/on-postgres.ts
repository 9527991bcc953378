// PostgreSQL as a place for replays: the server that a URL names, else an embedded one of its own. Every replay has a schema of its own, and
// leaves nothing behind.
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "@evenkeel/embedded";
import { openPostgres } from "@evenkeel/postgres";
import type { ReplayPlace } from "./replay.ts";

/**
 * A schema of its own, gone after the replay, in the database of `url`; default: of the environment's `EVENKEEL_DATABASE_URL`, else of an
 * embedded server in a temporary folder. Tables that declared SQL writes to must be there already.
 *
 * Errors: `DATABASE_URL_INVALID`, `STORE_UNAVAILABLE`, and `EmbeddedError` when the embedded server cannot be used.
 */
export function onPostgres(options: { readonly url?: string } = {}): ReplayPlace {
  return {
    name: "on PostgreSQL",
    open: async () => {
      const server = await serverOf(options.url ?? process.env["EVENKEEL_DATABASE_URL"]);
      const schema = `replay_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
      try {
        const store = openPostgres({ url: server.url, schema, poolSize: 2, log: () => undefined });
        return {
          store,
          close: async () => {
            try {
              await store.transaction(async (sql) => {
                await sql.query(`drop schema if exists "${schema}" cascade`);
                return { value: null, calls: [] };
              });
            } finally {
              await store.close();
              await server.stop();
            }
          },
        };
      } catch (error) {
        await server.stop();
        throw error;
      }
    },
  };
}

async function serverOf(url: string | undefined): Promise<{ readonly url: string; stop(): Promise<void> }> {
  if (url !== undefined) return { url, stop: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-replay-"));
  // Started as root, the server runs as somebody else, who must get there.
  await chmod(folder, 0o755);
  const server = await startEmbedded({ folder });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
