// A throwaway PostgreSQL for one run: made in a folder on a real disk, unix socket only, run by an ordinary user, deleted
// at the end. Settings are PostgreSQL's defaults but for the few named below; nothing is tuned for a contestant.
import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";

const tmpfsMagic = 0x01021994;
const port = 5432;

export interface Cluster {
  /** `null`: a server that was given by URL, whose processes cannot be looked at. */
  readonly postmasterPid: number | null;
  /** The folder of the sockets; `null` for a given server. */
  readonly folder: string | null;
  readonly user: Account | null;
  url(database: string): string;
  stop(): Promise<void>;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

export const clusterSettings = {
  synchronous_commit: "on",
  fsync: "on",
  full_page_writes: "on",
  shared_buffers: "256MB",
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  autovacuum: "on",
} as const;

export function givenCluster(given: string): Cluster {
  return {
    postmasterPid: null,
    folder: null,
    user: null,
    url(database) {
      const url = new URL(given);
      url.pathname = `/${database}`;
      return url.href;
    },
    stop: () => Promise.resolve(),
  };
}

export async function startCluster(parent: string): Promise<Cluster> {
  const bin = newestBinaries();
  if (statfsSync(parent).type === tmpfsMagic) {
    throw new Error(`${parent} is a tmpfs: commits would cost nothing. Name a folder on a real disk with --folder.`);
  }
  const folder = mkdtempSync(join(parent, "ek-bench-"));
  const user = process.getuid?.() === 0 ? accountOf("postgres") : null;
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const as = { cwd: folder, ...(user ?? {}) };
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], {
    ...as,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const settings: Record<string, string> = {
    ...clusterSettings,
    listen_addresses: "",
    unix_socket_directories: folder,
    port: String(port),
  };
  if (existsSync(join(bin, "..", "lib", "pg_stat_statements.so"))) {
    settings["shared_preload_libraries"] = "pg_stat_statements";
    settings["pg_stat_statements.track"] = "top";
  }
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, ...Object.entries(settings).flatMap(([k, v]) => ["-c", `${k}=${v}`])],
    {
      ...as,
      stdio: ["ignore", "ignore", process.env["BENCH_SERVER_LOG"] === undefined ? "ignore" : "inherit"],
    },
  );
  const { pid } = server;
  if (pid === undefined) throw new Error(`could not start ${join(bin, "postgres")}`);
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // The last resort when the harness dies without `stop`: an immediate shutdown of this one process.
  const onExit = (): void => {
    if (server.exitCode === null && server.signalCode === null) server.kill("SIGQUIT");
    remove();
  };
  process.once("exit", onExit);
  const url = (database: string): string => `postgres://postgres@localhost:${port}/${database}?host=${folder}`;
  await untilReady(url("postgres"), () => server.exitCode !== null);
  return {
    postmasterPid: pid,
    folder,
    user,
    url,
    async stop() {
      server.kill("SIGINT");
      await exited;
      process.removeListener("exit", onExit);
      remove();
    },
  };
}

function newestBinaries(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .filter(Number.isFinite)
        .sort((a, b) => b - a)
    : [];
  const found = versions.map((v) => join(root, String(v), "bin")).find((dir) => existsSync(join(dir, "initdb")));
  if (found === undefined)
    throw new Error(`no PostgreSQL binaries under ${root}; install Debian's postgresql or give a server with --database`);
  return found;
}

function accountOf(name: string): Account {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((l) => l.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error(`running as root and there is no user "${name}" to run PostgreSQL as`);
  return { uid: Number(uid), gid: Number(gid) };
}

async function untilReady(url: string, dead: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (dead()) throw new Error("the throwaway PostgreSQL ended at its start; run again with BENCH_SERVER_LOG=1 to see why");
    const client = new pg.Client(url);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("the throwaway PostgreSQL did not answer within 30 s");
}
