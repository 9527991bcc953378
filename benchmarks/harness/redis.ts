// A throwaway Redis for contestants that keep their work there: unix socket only, every write appended and flushed to its file before it is
// answered, so that it is as durable as the others' commits. Where the program is not installed, it says so and the row states it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { cpuMicrosOf } from "./meter.ts";

export interface RedisServer {
  /** The path of its socket. */
  readonly socket: string;
  /** CPU time of the server so far. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

export async function startRedis(parent: string): Promise<RedisServer | { readonly absent: string }> {
  const path = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find((p) => existsSync(p));
  if (path === undefined) return { absent: "redis-server is not installed (Debian: apt-get install redis-server)" };
  const folder = mkdtempSync(join(parent, "ek-bench-redis-"));
  const socket = join(folder, "s");
  const child = spawn(path, [
    "--port", "0", "--unixsocket", socket, "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
    "--maxmemory-policy", "noeviction",
  ], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const onExit = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", onExit);
  const redis = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => (child.exitCode === null ? 100 : null) });
  redis.on("error", () => undefined); // until it listens
  await redis.ping();
  await redis.quit();
  return {
    socket,
    cpuMicros: () => cpuMicrosOf(child.pid ?? 0),
    async stop() {
      child.kill("SIGKILL");
      await exited;
      process.removeListener("exit", onExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
