// Membership of one worker process: its row, and the thread that keeps it fresh.
import { readFileSync, readlinkSync } from "node:fs";
import { url as debuggerUrl } from "node:inspector";
import { hostname } from "node:os";
import { Worker } from "node:worker_threads";
import type { Membership, WorkerProfile } from "@evenkeel/core/spi";
import { storeError } from "./connection.ts";
import type { IsAlive } from "./owners.ts";
import type { Scope } from "./scope.ts";
import { reportOf } from "./worker-stalls.ts";

/** How long the thread has to end by itself. */
const THREAD_ENDS_MS = 2_000;

/** The thread of each worker of this process that still beats. */
const threads = new WeakMap<Scope, Map<string, Worker>>();

export async function join(scope: Scope, url: string, worker: WorkerProfile): Promise<Membership> {
  // When the youngest confirmed heartbeat was sent, by the clock that all threads of a process have in common.
  const confirmed = new BigInt64Array(new SharedArrayBuffer(8));
  confirmed[0] = process.hrtime.bigint();
  try {
    await scope.database.query(`
      with past as (delete from ${scope.s}.worker_stall where worker = $1)
      insert into ${scope.s}.worker (id, groups, lease_ms, host, pid, started, heartbeat_at) values ($1, $2::text[], $3, $4, $5, $6, clock_timestamp())
      on conflict (id) do update set heartbeat_at = clock_timestamp()`,
      [worker.id, [...worker.groups], worker.leaseMs, thisHost(), process.pid, startOf(process.pid) ?? ""]);
  } catch (error) {
    throw storeError(error, "joining the workers");
  }
  // How often the main loop has turned, and whether a debugger is attached to it.
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const thread = new Worker(new URL("./heartbeat-thread.js", import.meta.url), {
    execArgv: [],
    workerData: {
      url, schema: scope.schema, worker: worker.id, leaseMs: worker.leaseMs, turns: turns.buffer, confirmed: confirmed.buffer, host: thisHost(),
      pid: process.pid,
    },
  });
  thread.unref();
  const known = threads.get(scope) ?? new Map<string, Worker>();
  threads.set(scope, known);
  // A worker that was buried joins again: its old thread would go on for ever, with a connection of its own.
  void known.get(worker.id)?.terminate();
  known.set(worker.id, thread);
  thread.on("error", (error: unknown) => { scope.log("error", "heartbeat.failed", { reason: error instanceof Error ? error.message : String(error) }); });
  const ended = new Promise<void>((resolve) => { thread.once("exit", () => { resolve(); }); });
  return {
    beat: () => {
      Atomics.add(turns, 0, 1);
      Atomics.store(turns, 1, debuggerUrl() === undefined ? 0 : 1);
    },
    confirmedMsAgo: () => Number(process.hrtime.bigint() - Atomics.load(confirmed, 0)) / 1e6,
    stalls: (found) => { thread.postMessage({ found: reportOf(found) }); },
    leave: async () => {
      // Whoever leaves waits for it, also where nothing else keeps the process.
      thread.ref();
      thread.postMessage("stop");
      const late = setTimeout(() => { void thread.terminate(); }, THREAD_ENDS_MS);
      await ended;
      clearTimeout(late);
      if (known.get(worker.id) === thread) known.delete(worker.id);
      try {
        await scope.database.query(`with gone as (delete from ${scope.s}.worker where id = $1), past as (delete from ${scope.s}.worker_stall where worker = $1) update ${scope.s}.lease set worker = null, deaths = 0, mark = case when mark_epoch <> epoch then mark end where worker = $1`, [worker.id]);
      } catch (error) {
        // The row then lapses by itself.
        scope.log("warning", "worker.leave-failed", { reason: error instanceof Error ? error.message : String(error) });
      }
    },
  };
}

/** The host's name and, where known, the boot: a pid means nothing after a reboot or in another container. */
function thisHost(): string {
  return `${hostname()}/${read("/proc/sys/kernel/random/boot_id")?.trim() ?? ""}/${namespaceOf()}`;
}

function namespaceOf(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** When a process started (field 22 of /proc/pid/stat), or null where it does not run or cannot be seen. */
function startOf(pid: number): string | null {
  const stat = read(`/proc/${String(pid)}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended: only its parent has not asked yet.
  return fields === undefined || fields[0] === "Z" ? null : fields[19] ?? null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

export const isAlive: IsAlive = ({ host, pid, started }) => {
  if (host !== thisHost()) return null;
  if (started !== "") return startOf(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};
