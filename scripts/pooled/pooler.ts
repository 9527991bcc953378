// PgBouncer in transaction mode in front of a server: what many hosted databases put between an application and
// PostgreSQL. Nothing that outlives a transaction survives here: no session locks, no LISTEN, no prepared statements.
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";

type Pooler = { readonly url: string; stop(): Promise<void> };

type Identity = { readonly uid: number; readonly gid: number };

export function findPgBouncer(): string | undefined {
  return ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].find((path) => existsSync(path));
}

/** Starts PgBouncer with its files in `folder`, which must not exist yet. Throws when it does not answer. */
export async function startPooler(serverUrl: string, folder: string): Promise<Pooler> {
  const program = findPgBouncer();
  if (program === undefined) throw new Error("PgBouncer is not installed. On Debian: apt-get install pgbouncer.");
  const server = new pg.Client(serverUrl);
  const user = server.user ?? "postgres";
  const port = await freePort();
  const identity = identityFor(server.host);
  mkdirSync(folder, { mode: 0o700 });
  const config = join(folder, "pgbouncer.ini");
  const users = join(folder, "users.txt");
  writeFileSync(users, `"${user}" "${server.password ?? ""}"\n`, { mode: 0o600 });
  writeFileSync(config, configuration({ host: server.host, serverPort: server.port, port, users, program }), { mode: 0o600 });
  if (identity !== undefined) for (const path of [folder, config, users]) chownSync(path, identity.uid, identity.gid);
  const child = spawn(program, ["-q", config], { cwd: folder, stdio: ["ignore", "ignore", "pipe"], ...identity });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(server.password ?? "")}@127.0.0.1:${port}/${server.database ?? ""}`;
  try {
    await answers(url);
  } catch (cause) {
    await stop();
    throw new Error(`PgBouncer did not answer at port ${port}. It said: ${complaints}`, { cause });
  }
  return { url, stop };
}

function configuration(so: { host: string; serverPort: number; port: number; users: string; program: string }): string {
  return [
    "[databases]",
    `* = host=${so.host} port=${so.serverPort}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${so.port}`,
    "unix_socket_dir =",
    "auth_type = scram-sha-256",
    `auth_file = ${so.users}`,
    "pool_mode = transaction",
    ...(knowsPreparedStatements(so.program) ? ["max_prepared_statements = 0"] : []),
    "max_client_conn = 500",
    // Each database has a pool of its own; the tests make many databases, and the server has 100 places.
    "default_pool_size = 10",
    "server_idle_timeout = 3",
    "",
  ].join("\n");
}

// Before 1.21 the option is unknown and refused; what it switches off does not exist there either.
function knowsPreparedStatements(program: string): boolean {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const [, major = "0", minor = "0"] = /PgBouncer (\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) * 1000 + Number(minor) >= 1021;
}

/** PgBouncer refuses to run as root, and must be able to enter the server's socket folder: then it runs as that folder's owner. */
function identityFor(host: string): Identity | undefined {
  if (userInfo().uid !== 0) return undefined;
  if (host.startsWith("/")) {
    const { uid, gid } = statSync(host);
    if (uid !== 0) return { uid, gid };
  }
  const id = (flag: string): number => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

async function answers(url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client(url);
    try {
      await client.connect();
      await client.query("select 1");
      return;
    } catch (error) {
      if (attempt === 50) throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
