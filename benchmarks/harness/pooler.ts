// PgBouncer in transaction mode in front of the throwaway cluster, for the latency question. Where the program is not
// installed or the server was given by URL, it says so and the row states it.
import { spawn } from "node:child_process";
import { chownSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { Cluster } from "./cluster.ts";

export interface Pooler {
  url(database: string): string;
  stop(): Promise<void>;
}

const port = 6432;

export async function startPooler(cluster: Cluster): Promise<Pooler | { readonly absent: string }> {
  const { folder, user } = cluster;
  if (folder === null) return { absent: "the server was given by URL" };
  const path = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].find((p) => existsSync(p));
  if (path === undefined) return { absent: "pgbouncer is not installed (Debian: apt-get install pgbouncer)" };
  const users = join(folder, "users.txt");
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(users, `"postgres" ""\n`);
  writeFileSync(
    config,
    [
      "[databases]",
      `* = host=${folder} port=5432`,
      "[pgbouncer]",
      "listen_addr =",
      `listen_port = ${port}`,
      `unix_socket_dir = ${folder}`,
      "auth_type = trust",
      `auth_file = ${users}`,
      "pool_mode = transaction",
      "max_client_conn = 500",
      "default_pool_size = 20",
      "ignore_startup_parameters = extra_float_digits,options",
      "",
    ].join("\n"),
  );
  if (user !== null) for (const file of [users, config]) chownSync(file, user.uid, user.gid);
  const child = spawn(path, ["-q", config], { cwd: folder, ...(user ?? {}), stdio: ["ignore", "ignore", "ignore"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const onExit = (): void => void child.kill("SIGKILL");
  process.once("exit", onExit);
  const url = (database: string): string => `postgres://postgres@localhost:${port}/${database}?host=${folder}`;
  for (let tries = 0; ; tries++) {
    const client = new pg.Client(url("postgres"));
    try {
      await client.connect();
      await client.query("select 1");
      await client.end();
      break;
    } catch (error) {
      if (tries === 50 || child.exitCode !== null) {
        child.kill("SIGKILL");
        return { absent: `pgbouncer did not start: ${String(error)}` };
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    url,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      process.removeListener("exit", onExit);
    },
  };
}
