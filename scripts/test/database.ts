// The one PostgreSQL server that all integration tests of a run share. Each test makes its own schema or database in it;
// isolation between tests is theirs, the server's life is ours. Never touches a server it did not start.
import { chmodSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

export type TestDatabase = { readonly url: string; readonly origin: string; stop(): Promise<void> };

export const databaseVariable = "EVENKEEL_TEST_DATABASE_URL";

/** The server named by EVENKEEL_TEST_DATABASE_URL if set, else an embedded one in `<runFolder>/db`, gone after `stop()`. */
export async function openTestDatabase(runFolder: string): Promise<TestDatabase> {
  const given = process.env[databaseVariable];
  if (given !== undefined && given !== "") return { url: given, origin: `given by ${databaseVariable}`, stop: async () => {} };
  const { startEmbedded } = await import("@evenkeel/embedded");
  const folder = join(runFolder, "db");
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  // Files run side by side, and tests inside them; a test of too few connections has a server of its own.
  const server = await startEmbedded({ folder, settings: { max_connections: "300" } });
  return {
    url: server.url,
    origin: "an embedded PostgreSQL server",
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
