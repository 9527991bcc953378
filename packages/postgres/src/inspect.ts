// Who works, who owns what, and which calls wait for a person: read without touching anything. Times are differences by the
// database's clock.
import { isSystemGroup } from "@evenkeel/core/spi";
import { number, storeError, text } from "./connection.ts";
import type { Scope } from "./scope.ts";

export interface WorkerState {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly groups: readonly string[];
  readonly leaseMs: number;
  readonly heartbeatAgoMs: number;
  /** Whether its leases still hold. */
  readonly alive: boolean;
}

export interface LeaseState {
  readonly group: string;
  readonly partition: number;
  /** null when it is free. */
  readonly worker: string | null;
  readonly epoch: number;
  /** Whether the worker that holds it is alive; false when it is free. */
  readonly alive: boolean;
  /** Owners that died here one after another without any progress. */
  readonly deaths: number;
  /** The position that is handled alone because of that. */
  readonly mark: number | null;
}

export interface CallInNeed {
  readonly id: string;
  readonly group: string;
  readonly tenant: string;
  readonly operation: string;
  readonly callKey: string;
  readonly routingKey: string;
  readonly attempts: number;
  readonly correlationId: string;
  /** Milliseconds since its deadline. */
  readonly overdueMs: number;
}

const ALIVE = "heartbeat_at + lease_ms * interval '1 millisecond' > clock_timestamp()";

export async function workers(scope: Scope): Promise<readonly WorkerState[]> {
  try {
    const rows = await scope.database.query(`
      select id, host, pid, array_to_json(groups), lease_ms, round(extract(epoch from clock_timestamp() - heartbeat_at) * 1000), ${ALIVE}
      from ${scope.s}.worker order by number`);
    return rows.map((row): WorkerState => ({
      // The stored host carries the boot and the container behind the name.
      id: text(row[0]), host: text(row[1]).split("/")[0] ?? "", pid: number(row[2]), groups: names(row[3]),
      leaseMs: number(row[4]), heartbeatAgoMs: number(row[5]), alive: row[6] === "t",
    }));
  } catch (error) {
    throw storeError(error, "reading the workers");
  }
}

function names(value: string | null | undefined): readonly string[] {
  const parsed: unknown = JSON.parse(value ?? "[]");
  return Array.isArray(parsed) ? parsed.map(String).filter((name) => !isSystemGroup(name)) : [];
}

export async function leases(scope: Scope): Promise<readonly LeaseState[]> {
  const { s, database } = scope;
  try {
    const rows = await database.query(`
      select g.name, l.partition, l.worker, l.epoch,
        exists (select 1 from ${s}.worker w where w.id = l.worker and ${ALIVE}), l.deaths, l.mark
      from ${s}.lease l join ${s}.consumer_group g on g.number = l.consumer_group order by g.name, l.partition`);
    return rows.map((row): LeaseState => ({
      group: text(row[0]), partition: number(row[1]), worker: row[2] ?? null, epoch: number(row[3]), alive: row[4] === "t",
      deaths: number(row[5]), mark: row[6] == null ? null : number(row[6]),
    }));
  } catch (error) {
    throw storeError(error, "reading the leases");
  }
}

export async function callsInNeed(scope: Scope, limit: number): Promise<readonly CallInNeed[]> {
  const { s, database } = scope;
  try {
    const rows = await database.query(`
      select c.id, g.name, c.tenant, c.operation, c.call_key, c.routing_key, c.attempts, c.correlation_id,
        round(extract(epoch from clock_timestamp() - c.deadline_at) * 1000)
      from ${s}.call c join ${s}.consumer_group g on g.number = c.consumer_group
      where c.state = 'attention' order by c.deadline_at, c.id limit $1`, [limit]);
    return rows.map((row): CallInNeed => ({
      id: text(row[0]), group: text(row[1]), tenant: text(row[2]), operation: text(row[3]), callKey: text(row[4]),
      routingKey: text(row[5]), attempts: number(row[6]), correlationId: text(row[7]), overdueMs: number(row[8]),
    }));
  } catch (error) {
    throw storeError(error, "reading the calls that need attention");
  }
}
