// What the database did between two moments: CPU time of all server processes and statements run in one database.
// CPU is read from /proc (Linux): user and system time of every living child of the postmaster, plus what the postmaster
// itself used and what it inherited from children that ended. Autovacuum and checkpoints in between are counted: they are
// part of the price; what they do after the last item is not. The kernel counts in steps of 10 ms.
import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";

export interface Meter {
  start(database: string): Promise<void>;
  /** CPU in microseconds and statements since `start`; `null` where this server does not tell. */
  read(): Promise<{ cpuMicros: number | null; statements: number | null; statementsAre: string }>;
  close(): Promise<void>;
}

const microsPerTick = 10_000;

export async function openMeter(adminUrl: string, postmasterPid: number | null): Promise<Meter> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  const hasStatements = await client.query("create extension if not exists pg_stat_statements").then(
    () =>
      client.query("select 1 from pg_stat_statements limit 1").then(
        () => true,
        () => false,
      ),
    () => false,
  );
  let startTicks = 0;
  let startCount = 0;
  let database = "";
  const cpuTicks = (): number => (postmasterPid === null ? 0 : ticksOfServer(postmasterPid));
  const count = async (): Promise<number> => {
    // Without the extension: committed transactions, a lower bound that is printed under its own name.
    const { rows } = hasStatements
      ? await client.query<{ n: string }>(
          "select coalesce(sum(calls), 0) as n from pg_stat_statements where dbid = (select oid from pg_database where datname = $1)",
          [database],
        )
      : await client.query<{ n: string }>("select xact_commit as n from pg_stat_database where datname = $1", [database]);
    return Number(rows[0]?.n ?? 0);
  };
  return {
    async start(name) {
      database = name;
      if (hasStatements) await client.query("select pg_stat_statements_reset()");
      startCount = await count();
      startTicks = cpuTicks();
    },
    async read() {
      const ticks = cpuTicks() - startTicks;
      const statements = (await count()) - startCount;
      return {
        cpuMicros: postmasterPid === null ? null : ticks * microsPerTick,
        statements,
        statementsAre: hasStatements
          ? "statements (pg_stat_statements)"
          : "commits (pg_stat_database; pg_stat_statements is absent)",
      };
    },
    close: () => client.end(),
  };
}

function ticksOfServer(postmasterPid: number): number {
  let ticks = 0;
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat === null) continue;
    if (pid === postmasterPid) ticks += stat.own + stat.ofEndedChildren;
    else if (stat.parent === postmasterPid) ticks += stat.own;
  }
  return ticks;
}

/** CPU time of one process and of its children that ended. */
export function cpuMicrosOf(pid: number): number {
  const stat = readStat(pid);
  return stat === null ? 0 : (stat.own + stat.ofEndedChildren) * microsPerTick;
}

function readStat(pid: number): { parent: number; own: number; ofEndedChildren: number } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null; // ended between readdir and here; its time has moved to the postmaster
  }
  // The second field is the name in parentheses and may hold spaces: count from the last ")".
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const at = (index: number): number => fields[index] ?? 0;
  return { parent: at(1), own: at(11) + at(12), ofEndedChildren: at(13) + at(14) };
}
