// Ownership in SQL: who is alive, who holds which partition, takeovers. Time is the database's; a worker's clock is never compared.
import type { Fence, Grant, ParkedHead, Roster } from "@evenkeel/core/spi";
import { int4Array, int8Array } from "./arrays.ts";
import { number, StatementError, storeError, text } from "./connection.ts";
import { rowOf, UNTIL } from "./breakers.ts";
import { groupName, groupNumber, type Scope } from "./scope.ts";

/** Whether a process of this host still runs; null for processes of other hosts. */
export type IsAlive = (process: { readonly host: string; readonly pid: number; readonly started: string }) => boolean | null;

/** Rows of a parked key that a takeover counts; whoever reads a longer one comes to its end by reading. */
const MOST_COUNTED = 100;

export async function roster(scope: Scope, isAlive: IsAlive): Promise<Roster> {
  const { s, database } = scope;
  try {
    const rows = await database.query(`
      select 'worker', id, array_to_json(groups)::text, host, pid::text, started, (heartbeat_at + lease_ms * interval '1 millisecond' > clock_timestamp())::text, number from ${s}.worker
      union all select 'lease', worker, consumer_group::text, partition::text, epoch::text, null, null, null from ${s}.lease
      union all select 'gathered', worker, consumer_group::text, null, null, null, null, null from ${s}.gathered where until > clock_timestamp()
      union all select distinct 'control', null, consumer_group::text, null, null, null, null, null::bigint from ${s}.control where done_at is null
      union all select distinct 'callControl', null, consumer_group::text, null, null, null, null, null::bigint from ${s}.call_control where done_at is null
      union all select 'breaker', operation, phase, version::text, ${UNTIL}::text, prober, null, null::bigint from ${s}.breaker
      order by 8 nulls last`);
    const dead: string[] = [];
    const workers: { id: string; groups: readonly string[] }[] = [];
    const leases: Roster["leases"][number][] = [];
    const gathered: Roster["gathered"][number][] = [];
    const pendingControls: string[] = [];
    const pendingCallControls: string[] = [];
    const breakers: Roster["breakers"][number][] = [];
    for (const row of rows) {
      const [kind, id, second, third, fourth, fifth, fresh] = row;
      if (kind === "worker") {
        const running = isAlive({ host: text(third), pid: number(fourth), started: text(fifth) });
        if (fresh === "true" && running !== false) workers.push({ id: text(id), groups: parseGroups(second) });
        else dead.push(text(id));
      } else if (kind === "lease") {
        leases.push({ group: groupName(scope, number(second)), partition: number(third), worker: id ?? null, epoch: number(fourth) });
      } else if (kind === "gathered") {
        gathered.push({ group: groupName(scope, number(second)), worker: text(id) });
      } else if (kind === "breaker") {
        breakers.push(rowOf(row.slice(1)));
      } else if (kind === "callControl") {
        pendingCallControls.push(groupName(scope, number(second)));
      } else {
        pendingControls.push(groupName(scope, number(second)));
      }
    }
    // Burying a worker frees its leases for everybody at once; one that still lives finds itself missing and joins again.
    if (dead.length > 0) await bury(scope, dead, isAlive);
    return { workers, leases, gathered, pendingControls, pendingCallControls, breakers };
  } catch (error) {
    throw storeError(error, "reading the roster");
  }
}

async function bury(scope: Scope, ids: readonly string[], isAlive: IsAlive): Promise<void> {
  const { s, database } = scope;
  const rows = await database.query(`select id, host, pid, started from ${s}.worker where id = any($1::text[])`, [ids]);
  const gone = rows.filter((row) => isAlive({ host: text(row[1]), pid: number(row[2]), started: text(row[3]) }) === false).map((row) => text(row[0]));
  // In the order of ids, as takeovers bury: whoever buries the same ones meanwhile waits, and nobody for ever.
  await database.query(
    `
    delete from ${s}.worker w using (
      select id from ${s}.worker
      where id = any($1::text[]) or (id = any($2::text[]) and heartbeat_at + lease_ms * interval '1 millisecond' <= clock_timestamp())
      order by id for update) dead where w.id = dead.id`,
    [gone, ids],
  );
}

function parseGroups(value: string | null | undefined): readonly string[] {
  const parsed: unknown = JSON.parse(value ?? "[]");
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

export async function acquire(scope: Scope, request: { worker: string; group: string; partitions: readonly number[] }): Promise<readonly Grant[]> {
  const { s, schema, database } = scope;
  const group = groupNumber(scope, request.group);
  try {
    return await database.session(async (client) => {
      await client.query("begin");
      // Waits for commits under way behind the old fence, and keeps later ones out until the epoch has risen.
      await client.query("set local lock_timeout = '5s'");
      // A host that vanishes here must not keep the fences.
      await client.query("set local idle_in_transaction_session_timeout = '5s'");
      for (const partition of [...request.partitions].sort((a, b) => a - b)) {
        await client.query(`select pg_advisory_xact_lock(hashtext($1), $2)`, [`${schema}:fence`, group * 256 + partition]);
      }
      // Another version may have added names since this process started: then its leases are not for us.
      const [known] = await client.query(`select names <@ $2::text[] from ${s}.consumer_group where number = $1`, [group, [...(scope.handles.get(request.group) ?? [])]]);
      if (known?.[0] !== "t") {
        await client.query(`update ${s}.worker set groups = array_remove(groups, $2) where id = $1`, [request.worker, request.group]);
        await client.query("commit");
        scope.log("error", "group.not-eligible", { group: request.group, advice: "another version handles more names: this process leaves the group to it" });
        return [];
      }
      const rows = await client.query(`select * from ${s}.acquire_1($1, $2, $3)`, [group, request.worker, int4Array(request.partitions)]);
      const grants = rows.map((row): Omit<Grant, "parked"> => ({
        partition: number(row[0]),
        epoch: number(row[1]),
        position: number(row[2]),
        suspect: row[3] === "t",
        mark: row[4] == null ? null : number(row[4]),
      }));
      // The heads by their own index: what queues behind them may be millions of rows, and nobody has the partition meanwhile.
      const parked = await client.query(
        `
        select h.partition, h.tenant, h.key,
          (select count(*) from (
            select from ${s}.parked b where b.consumer_group = h.consumer_group and b.partition = h.partition and b.tenant = h.tenant and b.key = h.key limit $3) counted),
          case when h.state = 'dead' then null else greatest(0, extract(epoch from coalesce(h.retry_at, clock_timestamp()) - clock_timestamp()) * 1000) end
        from ${s}.parked h where h.consumer_group = $1 and h.state <> 'queued' and h.partition = any($2::int[]) order by h.parked_at`,
        [group, int4Array(grants.map((grant) => grant.partition)), MOST_COUNTED + 1],
      );
      await client.query("commit");
      return grants.map((grant): Grant => ({
        ...grant,
        parked: parked
          .filter((row) => number(row[0]) === grant.partition)
          .map((row): ParkedHead => ({
            tenant: text(row[1]),
            key: text(row[2]),
            count: number(row[3]) > MOST_COUNTED ? Infinity : number(row[3]),
            dueInMs: row[4] == null ? null : number(row[4]),
          })),
      }));
    });
  } catch (error) {
    if (error instanceof StatementError && error.failure.kind === "refused" && error.failure.state === "55P03") return [];
    throw storeError(error, "acquiring partitions");
  }
}

export async function release(scope: Scope, request: { worker: string; group: string; fences: readonly Fence[] }): Promise<void> {
  try {
    await scope.database.query(
      `
      update ${scope.s}.lease l set worker = null, deaths = 0, mark = case when l.mark_epoch <> l.epoch then l.mark end from unnest($3::int[], $4::bigint[]) as f(partition, epoch)
      where l.consumer_group = $1 and l.worker = $2 and l.partition = f.partition and l.epoch = f.epoch`,
      [
        groupNumber(scope, request.group),
        request.worker,
        int4Array(request.fences.map((one) => one.partition)),
        int8Array(request.fences.map((one) => one.epoch)),
      ],
    );
  } catch (error) {
    throw storeError(error, "releasing partitions");
  }
}

export async function mark(scope: Scope, request: { group: string; fence: Fence; position: number }): Promise<"marked" | "fenced"> {
  try {
    const rows = await scope.database.query(
      `update ${scope.s}.lease set mark = $4, mark_epoch = epoch where consumer_group = $1 and partition = $2 and epoch = $3 and worker is not null returning 1`,
      [groupNumber(scope, request.group), request.fence.partition, request.fence.epoch, request.position],
    );
    return rows.length === 1 ? "marked" : "fenced";
  } catch (error) {
    throw storeError(error, "marking a message");
  }
}

export async function gather(scope: Scope, request: { group: string; worker: string; forMs: number }): Promise<void> {
  try {
    await scope.database.query(
      `
      insert into ${scope.s}.gathered values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
      on conflict (consumer_group) do update set worker = excluded.worker, until = excluded.until where gathered.until < clock_timestamp()`,
      [groupNumber(scope, request.group), request.worker, request.forMs],
    );
  } catch (error) {
    throw storeError(error, "gathering a service");
  }
}
