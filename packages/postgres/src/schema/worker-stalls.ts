// Migration 4: what stands still in which process, for operators to see. A table of its own and not columns of `worker`: a change of that table
// would wait for whoever reads it, and every heartbeat behind it. No foreign key either, for the same reason, and since it outlives its worker.

/** @param s the quoted schema name. */
export function workerStallTable(s: string): string {
  return `
-- A row while something stands still, written by the thread of the heartbeat, which needs neither the main loop nor the pool.
create table ${s}.worker_stall (
  worker text primary key, host text not null, pid int not null, found json not null,
  written_at timestamptz not null default clock_timestamp()
);
`;
}
